/** A store in a file of a directory, in Node and where else there is `node:fs`. */
import type * as Fs from 'node:fs'
import { SpillError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument, checkOptions } from '../options.js'
import { type ByteSize, parseByteSize } from '../program/index.js'
import { recordStore, type SpillFile, type SpillStore } from './store.js'

/** A directory in which states may be kept. */
export interface SpillDirectory {
  /** Path of a directory that exists; each arena has a file of its own in it. */
  readonly directory: string
  /** Most bytes of a file. Default: as many as there are. */
  readonly bytes?: ByteSize | undefined
}

/** What a store asks of `node:fs`. */
export type FileSystem = Pick<
  typeof Fs,
  | 'openSync'
  | 'closeSync'
  | 'readSync'
  | 'writeSync'
  | 'unlinkSync'
  | 'readdirSync'
  | 'accessSync'
  | 'constants'
>

/**
 * A store in a directory. Its file is made with the first record of a run and gone after the run. It has no name from the
 * moment it is open, where the system allows that, so that the system removes it however the process ends; elsewhere what a
 * killed process left is removed when the next store is opened there.
 *
 * @throws {@link OptionError} if `directory` is no path or `bytes` no size; {@link SpillError} if there is no `node:fs`, or no such
 * directory in which this process may write. That is looked at when the store is made, and again with the first record of a run.
 * @example
 * directoryStore({ directory: '.' }).bytes // → Infinity
 * directoryStore({ directory: '/nowhere' }) // → throws SPILL
 */
export function directoryStore(
  options: SpillDirectory,
  fileSystem: FileSystem | undefined = nodeFileSystem(),
): SpillStore {
  const { directory, bytes } = checkOptions('directoryStore', options, ['directory', 'bytes'])
  const fits = typeof directory === 'string' && directory !== ''
  checkArgument('directoryStore', '`directory`', directory, fits, 'the path of a directory')
  const limit = bytes === undefined ? Number.POSITIVE_INFINITY : parseByteSize(bytes, 'spill.bytes')
  return recordStore(fileIn(directory, writable(directory, fileSystem)), limit)
}

/** The file system, in which there is such a directory that this process may write in. */
function writable(directory: string, fs: FileSystem | undefined): FileSystem {
  if (!fs) throw noFileSystem()
  try {
    fs.readdirSync(directory)
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK)
  } catch (cause) {
    throw cannotOpen(directory, cause, callerLocation())
  }
  return fs
}

/** The module is asked for at run time, since browsers have none. */
const nodeFileSystem = (): FileSystem | undefined =>
  (globalThis.process as NodeJS.Process | undefined)?.getBuiltinModule?.('node:fs')

interface Open {
  readonly descriptor: number
  /** Of a file that could not be unlinked while it is open. */
  readonly path: string | undefined
}

function fileIn(directory: string, fs: FileSystem): SpillFile {
  let open: Open | undefined
  const opened = () => {
    open ??= openIn(directory, fs)
    return open.descriptor
  }
  return {
    name: directory,
    write: (bytes, position) => fs.writeSync(opened(), bytes, 0, bytes.length, position),
    read: (bytes, position) => fs.readSync(opened(), bytes, 0, bytes.length, position),
    clear() {
      if (!open) return
      const { descriptor, path } = open
      open = undefined
      try {
        fs.closeSync(descriptor)
      } finally {
        if (path !== undefined) fs.unlinkSync(path)
      }
    },
  }
}

const NAME = /^wengert-spill-(\d+)-[0-9a-f]{32}$/

function openIn(directory: string, fs: FileSystem): Open {
  try {
    removeLeftovers(directory, fs)
    const random = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte =>
      byte.toString(16).padStart(2, '0'),
    ).join('')
    const path = `${directory}/wengert-spill-${process.pid}-${random}`
    const descriptor = fs.openSync(path, 'wx+', 0o600)
    return { descriptor, path: unlinked(path, fs) ? undefined : path }
  } catch (cause) {
    throw cannotOpen(directory, cause)
  }
}

/** Whether an open file could be unlinked. */
function unlinked(path: string, fs: FileSystem): boolean {
  try {
    fs.unlinkSync(path)
    return true
  } catch {
    return false
  }
}

/** Removes files of processes that are no more. One that a process of another host or container holds open stays readable. */
function removeLeftovers(directory: string, fs: FileSystem): void {
  for (const name of fs.readdirSync(directory)) {
    const pid = NAME.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) unlinked(`${directory}/${name}`, fs)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH'
  }
}

const noFileSystem = () =>
  new SpillError({
    summary: 'There are no files here.',
    expected: 'Node from 20.16 on, or another host whose process.getBuiltinModule gives node:fs',
    at: callerLocation(),
    fix: 'in a browser spill to opfsStore, in a worker',
    data: { operation: 'open' },
  })

function cannotOpen(directory: string, cause: unknown, at?: string): SpillError {
  const systemCode = (cause as { code?: unknown }).code
  return new SpillError({
    summary: `No file could be made in ${directory} (${String(systemCode ?? cause)}).`,
    expected: 'a directory that exists and may be written',
    at,
    fix: 'create it, or spill elsewhere',
    data: { operation: 'open', directory, ...(typeof systemCode === 'string' && { systemCode }) },
    cause,
  })
}
