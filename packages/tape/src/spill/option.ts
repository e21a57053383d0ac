import { OptionError } from '../errors.js'
import { directoryStore, type SpillDirectory } from './directory.js'
import type { SpillStore } from './store.js'

/** Where loops may keep states that do not fit the memory: a directory, or a store that is open. */
export type Spill = SpillDirectory | SpillStore

/**
 * The store of an option.
 *
 * @throws {@link OptionError} if it is neither a directory nor a store.
 */
export function storeOf(spill: Spill): SpillStore {
  if (isStore(spill)) return spill
  const { directory, bytes, ...others } = Object(spill) as Partial<SpillDirectory>
  if (typeof directory === 'string' && directory !== '' && Object.keys(others).length === 0) {
    return directoryStore({ directory, bytes })
  }
  throw new OptionError({
    summary: `\`spill\` is ${JSON.stringify(spill)}.`,
    expected: '{ directory, bytes? } or a store, such as that of opfsStore',
    data: { option: 'spill' },
  })
}

const isStore = (spill: Spill): spill is SpillStore =>
  (['write', 'read', 'clear'] as const).every(
    name => typeof (Object(spill) as Partial<SpillStore>)[name] === 'function',
  )
