import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import { SpillError } from '../errors.js'
import { checksum } from './checksum.js'

/**
 * A second, slower level of memory, where loops keep states for their pullback. It is synchronous, since what runs in
 * WebAssembly is. One run uses it at a time, and reads only what it wrote.
 */
export interface SpillStore {
  /** Most bytes that records may take; a plan that needs more is not considered. */
  readonly bytes: number
  /** Keeps a copy of these bytes as the record that begins at a slot, a number of blocks of 512 bytes. */
  write(slot: number, bytes: Uint8Array): void
  /** Brings back the record that begins at a slot: as many bytes as were written, the same ones. */
  read(slot: number, bytes: Uint8Array): void
  /** Forgets all records and gives their room back; called after each run, whether it ended well or not. */
  clear(): void
  /** Gives back what it holds between runs, if it holds anything; it is not used afterwards. */
  close?(): Promise<void>
}

/** What a store keeps its records in. */
export interface SpillFile {
  /** What it is called in errors. */
  readonly name: string
  /** Writes at a position; returns how many bytes it wrote. */
  write(bytes: Uint8Array, position: number): number
  /** Reads from a position; returns how many bytes there were, 0 at the end. */
  read(bytes: Uint8Array, position: number): number
  clear(): void
}

/** What is known of the record that was written last at a slot. */
interface Known {
  /** The run that wrote it, counted from 1. */
  readonly run: number
  readonly length: number
  readonly sum: number
  /** Checksum of the one before it there, whose bytes a host may give back that has lost the last ones. */
  readonly sumBefore: number | undefined
}

/** How often a record is read before it is given up: a host may be late, and what comes is known to be right by its sum. */
const READS = 2

/**
 * A store of records in a file. What is read is what was written in the same run: number of the run, length and checksum of
 * each record are kept in memory.
 *
 * @throws {@link SpillError} from `write` and `read`, with what the host said as its cause; from `write` too, if a record
 * lies beyond `bytes`.
 */
export function recordStore(file: SpillFile, bytes: number): SpillStore {
  const records = new Map<number, Known>()
  let run = 1
  return {
    bytes,
    write(slot, record) {
      const position = slot * SPILL_BLOCK_BYTES
      if (position + record.length > bytes) throw beyond(file, position + record.length, bytes)
      const sumBefore = records.get(slot)?.sum
      records.delete(slot)
      // Taken first, so that a host that alters what it is given is found out.
      const sum = checksum(record)
      attempt(file, 'write', record.length, () => whole(record, position, file.write))
      records.set(slot, { run, length: record.length, sum, sumBefore })
    },
    read(slot, record) {
      const known = records.get(slot)
      if (known !== undefined && known.run !== run) {
        throw damaged(file, slot, `a record of run ${run}`, `one of run ${known.run}`)
      }
      if (known?.length !== record.length) {
        throw damaged(file, slot, `${record.length} bytes`, `${known?.length ?? 'no'} bytes`)
      }
      const position = slot * SPILL_BLOCK_BYTES
      let [read, sum] = [0, 0]
      for (let reads = 0; reads < READS; reads++) {
        read = attempt(file, 'read', record.length, () => whole(record, position, file.read))
        sum = checksum(record)
        if (read === record.length && sum === known.sum) return
      }
      if (read < record.length) throw damaged(file, slot, `${record.length} bytes`, `${read} bytes`)
      const whose = sum === known.sumBefore ? ', that of the record before it' : ''
      throw damaged(file, slot, `checksum ${hex(known.sum)}`, `checksum ${hex(sum)}${whose}`)
    },
    clear() {
      run++
      try {
        file.clear()
      } catch {
        // What was read is known to be right, and an error of the run must not give way to one of its end.
      }
    },
  }
}

const hex = (sum: number): string => sum.toString(16).padStart(8, '0')

/** Moves all bytes, in as many pieces as the host likes; fewer are moved where a piece is empty. */
function whole(
  bytes: Uint8Array,
  position: number,
  move: (bytes: Uint8Array, position: number) => number,
): number {
  let done = 0
  while (done < bytes.length) {
    const moved = move(done === 0 ? bytes : bytes.subarray(done), position + done)
    if (moved === 0) break
    done += moved
  }
  return done
}

function attempt(file: SpillFile, operation: 'write' | 'read', bytes: number, move: () => number): number {
  let moved: number
  try {
    moved = move()
  } catch (cause) {
    throw cause instanceof SpillError ? cause : failed(file, operation, bytes, cause)
  }
  if (operation === 'write' && moved < bytes) throw failed(file, operation, bytes, undefined)
  return moved
}

function failed({ name }: SpillFile, operation: 'write' | 'read', bytes: number, cause: unknown): SpillError {
  const systemCode = (cause as { code?: unknown } | undefined)?.code
  return new SpillError({
    summary: `A record of ${bytes} bytes could not be ${operation === 'write' ? 'written' : 'read'}${
      systemCode === undefined ? '' : ` (${String(systemCode)})`
    }.`,
    at: name,
    fix: 'make room there, spill elsewhere, or give more `memory`',
    data: { operation, bytes, ...(typeof systemCode === 'string' && { systemCode }) },
    cause,
  })
}

const beyond = ({ name }: SpillFile, needed: number, bytes: number): SpillError =>
  new SpillError({
    summary: `A record ends at byte ${needed} of a store of ${bytes}.`,
    expected: `records within ${bytes} bytes`,
    at: name,
    fix: 'raise `spill.bytes`',
    data: { operation: 'write', bytes, needed },
  })

const damaged = ({ name }: SpillFile, slot: number, expected: string, found: string): SpillError =>
  new SpillError({
    summary: `What was read is not what was written: ${found}.`,
    expected,
    at: `${name}, from byte ${slot * SPILL_BLOCK_BYTES} on`,
    fix: 'nothing else may write there; see whether the device is sound',
    data: { operation: 'read', slot },
  })
