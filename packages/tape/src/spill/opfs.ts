/** A store in the origin private file system of a browser. */
import { SpillError } from '../errors.js'
import { callerLocation, rememberCaller } from '../location.js'
import { checkOptions } from '../options.js'
import { type ByteSize, parseByteSize } from '../program/index.js'
import { recordStore, type SpillFile, type SpillStore } from './store.js'

/** A store that holds a file until it is closed. */
export interface OpfsStore extends SpillStore {
  /** Removes the file. */
  close(): Promise<void>
}

/** What only dedicated workers have of a file. */
interface SyncAccessHandle {
  read(bytes: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  truncate(bytes: number): void
  close(): void
}

interface SyncFile {
  createSyncAccessHandle(): Promise<SyncAccessHandle>
}

const FOLDER = 'wengert-spill'

/**
 * Opens a store in the origin private file system, in a dedicated worker. The file is removed by `close`; what workers left
 * that were ended before is removed when the next store is opened.
 *
 * @throws {@link SpillError} in any other place; {@link OptionError} if `bytes` is no size.
 * @example
 * await opfsStore() // → throws SPILL
 */
export async function opfsStore(options: { readonly bytes?: ByteSize | undefined } = {}): Promise<OpfsStore> {
  const { bytes } = checkOptions('opfsStore', options, ['bytes'])
  const limit = bytes === undefined ? Number.POSITIVE_INFINITY : parseByteSize(bytes, 'spill.bytes')
  if (!('FileSystemSyncAccessHandle' in globalThis)) throw notHere()
  const caller = rememberCaller()
  try {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle(FOLDER, { create: true })
    // One at a time, so that a file that is not open yet is not taken for a leftover.
    const { name, handle } = await navigator.locks.request(FOLDER, async () => {
      await removeLeftovers(folder)
      return openFile(folder)
    })
    return {
      ...recordStore(fileOf(`${FOLDER}/${name}`, handle), limit),
      async close() {
        handle.close()
        await remove(folder, name)
      },
    }
  } catch (cause) {
    throw new SpillError({
      summary: 'No file could be made in the origin private file system.',
      at: caller(),
      fix: 'a private window or a full disk may refuse it',
      data: { operation: 'open' },
      cause,
    })
  }
}

/** Bytes that go to a file or come from it at once. */
const PIECE_BYTES = 2 ** 20

/** A file that never sees an arena, which other threads may write, but a copy of a piece of it that they cannot. */
function fileOf(name: string, handle: SyncAccessHandle): SpillFile {
  let buffer = new Uint8Array(0)
  const pieceOf = ({ length }: Uint8Array) => {
    const bytes = Math.min(length, PIECE_BYTES)
    if (buffer.length < bytes) buffer = new Uint8Array(bytes)
    return buffer.subarray(0, bytes)
  }
  return {
    name,
    write(record, at) {
      const piece = pieceOf(record)
      piece.set(record.subarray(0, piece.length))
      return handle.write(piece, { at })
    },
    read(record, at) {
      const piece = pieceOf(record)
      const bytes = handle.read(piece, { at })
      record.set(piece.subarray(0, bytes))
      return bytes
    },
    clear: () => handle.truncate(0),
  }
}

/** Attempts at removing a file, the k-th 2ᵏ ms after the one before: half a second in all. */
const REMOVALS = 9

/** Removes a file that is closed. A store that was opened in between may have taken it for a leftover, and locks it while it removes it. */
async function remove(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await folder.removeEntry(name)
    } catch (error) {
      const { name: kind } = error as DOMException
      if (kind === 'NotFoundError') return
      if (kind !== 'NoModificationAllowedError' || attempt === REMOVALS) throw error
      await new Promise(done => setTimeout(done, 2 ** attempt))
    }
  }
}

/** Whoever is alive has its file open; the browser removes none that is. */
async function removeLeftovers(folder: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  await Promise.allSettled(names.map(name => folder.removeEntry(name)))
}

async function openFile(folder: FileSystemDirectoryHandle) {
  const name = crypto.randomUUID()
  const file = (await folder.getFileHandle(name, { create: true })) as unknown as SyncFile
  return { name, handle: await file.createSyncAccessHandle() }
}

const notHere = () =>
  new SpillError({
    summary: 'There is no synchronous access to files here.',
    expected: 'a dedicated worker of a page in a secure context',
    at: callerLocation(),
    fix: 'open the store in a Worker, or let a scheduler with workers spill',
    data: { operation: 'open' },
  })
