import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown } from '../options.js'
import { type ByteSize, parseByteSize } from '../program/index.js'
import { directoryStore, type SpillDirectory } from './directory.js'
import { opfsStore } from './opfs.js'
import type { SpillStore } from './store.js'

/** Where loops may keep states that do not fit the memory: a directory, or a store that is open. */
export type Spill = SpillDirectory | SpillStore

/** The origin private file system of a browser. */
export interface SpillOpfs {
  readonly opfs: true
  /** Most bytes of a file. Default: as many as there are. */
  readonly bytes?: ByteSize | undefined
}

/** Where stores can be opened; plain data, so that each lane of a scheduler opens one of its own. */
export type SpillPlace = SpillDirectory | SpillOpfs

/**
 * The store of an option.
 *
 * @throws {@link OptionError} if it is neither a directory nor a store.
 */
export function storeOf(spill: Spill): SpillStore {
  const missing = missingOf(spill)
  if (missing.length === 0) return spill as SpillStore
  if (missing.length < METHODS.length) {
    throw new OptionError({
      summary: `\`spill\` is a store without ${missing.map(name => `\`${name}\``).join(' and ')}.`,
      expected: `a store with ${METHODS.join(', ')}`,
      at: callerLocation(),
      data: { option: 'spill', missing },
    })
  }
  // What is open elsewhere is refused below, with how to open it.
  if (!('opfs' in Object(spill))) checkKeys(spill, ['directory', 'bytes'])
  if (isPlace(spill) && 'directory' in spill) return directoryStore(spill)
  throw new OptionError({
    summary: `\`spill\` is ${shown(spill)}.`,
    expected: '{ directory, bytes? } or a store',
    at: callerLocation(),
    fix:
      typeof spill === 'string'
        ? `write { directory: ${shown(spill)} }`
        : 'in a worker of a browser pass await opfsStore()',
    data: { option: 'spill' },
  })
}

/**
 * Most bytes of a store at a place, or Infinity.
 *
 * @throws {@link OptionError} if it is no place.
 * @example
 * spillBytesOf({ directory: '/tmp', bytes: '1 GiB' }) // → 1073741824
 * spillBytesOf({ directory: 3 }) // → throws OPTION
 */
export function spillBytesOf(place: SpillPlace): number {
  const isOpen = missingOf(place).length < METHODS.length
  if (!isOpen) checkKeys(place, ['directory', 'opfs', 'bytes'])
  if (!isOpen && isPlace(place)) {
    return place.bytes === undefined ? Number.POSITIVE_INFINITY : parseByteSize(place.bytes, 'spill.bytes')
  }
  throw new OptionError({
    summary: `\`spill\` is ${isOpen ? 'a store, not a place where each lane opens its own' : shown(place)}.`,
    expected: '{ directory, bytes? }, or { opfs: true, bytes? } in a browser',
    at: callerLocation(),
    data: { option: 'spill' },
  })
}

/**
 * Opens a store at a place.
 *
 * @throws {@link OptionError} if it is no place; {@link SpillError} if it cannot be opened.
 * @example
 * const store = await openStore({ directory: '.', bytes: '1 MiB' })
 * store.bytes // → 1048576
 */
export async function openStore(place: SpillPlace): Promise<SpillStore> {
  spillBytesOf(place)
  return 'directory' in place ? directoryStore(place) : opfsStore({ bytes: place.bytes })
}

/** Names what is misspelt; what is no object at all is refused as a whole. */
function checkKeys(place: unknown, names: readonly string[]): void {
  if (typeof place === 'object' && place !== null) checkOptions('spill', place, names)
}

function isPlace(place: unknown): place is SpillPlace {
  const { directory, opfs } = Object(place) as Partial<SpillDirectory & SpillOpfs>
  return opfs === undefined ? typeof directory === 'string' && directory !== '' : opfs === true && !directory
}

const METHODS = ['write', 'read', 'clear'] as const

/** What a store has that this has not. */
const missingOf = (spill: unknown): readonly string[] =>
  METHODS.filter(name => typeof (Object(spill) as Partial<SpillStore>)[name] !== 'function')
