import { BudgetError, OptionError } from '../errors.js'
import { checkArgument, checkOptions } from '../options.js'
import { allocate, type Data, formatAval, sizeOf, viewOf } from '../program/index.js'
import type { SpillStore } from '../spill/index.js'
import type { Executable, Slot } from './executable.js'
import { instantiate, type Run } from './instance.js'

/** Size of a WebAssembly page: arenas grow by whole pages. */
export const PAGE_BYTES = 65536

/** A 32-bit memory has at most this many bytes. */
export const ARENA_LIMIT_BYTES = 65536 * PAGE_BYTES

/**
 * Bytes of the pages that hold so many bytes.
 *
 * @example
 * pageCeil(1) // → 65536
 */
export function pageCeil(bytes: number): number {
  checkArgument('pageCeil', 'the size', bytes, typeof bytes === 'number', 'a number of bytes')
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
}

/**
 * Bytes of the whole pages within so many bytes.
 *
 * @example
 * pageFloor(100_000) // → 65536
 */
export function pageFloor(bytes: number): number {
  checkArgument('pageFloor', 'the size', bytes, typeof bytes === 'number', 'a number of bytes')
  return Math.floor(bytes / PAGE_BYTES) * PAGE_BYTES
}

/** How an arena is made. */
export interface ArenaOptions {
  /** Bytes the arena can never pass; whole pages of them are usable. */
  readonly maximumBytes?: number | undefined
  /** Whether other threads can see it; needs SharedArrayBuffer. */
  readonly shared?: boolean | undefined
  /** Where executables that were compiled with `spill` keep states of loops. */
  readonly spill?: SpillStore | undefined
}

/**
 * The memory in which executables run. It is a `WebAssembly.Memory` whose maximum is the budget, so that passing
 * the budget is impossible. It grows to what the loaded executables need and never shrinks.
 *
 * @example
 * const arena = new Arena({ maximumBytes: 2 ** 20 })
 * arena.load(compile(record(x => exp(x), tensor([0])).program))
 * arena.write(0, new Float32Array([0]))
 * arena.run()
 * arena.read(0)[0] // → 1
 * arena.bytes // → 65536
 */
export class Arena {
  readonly memory: WebAssembly.Memory
  readonly maximumBytes: number
  readonly #spill: SpillStore | undefined
  #loaded: Executable | undefined
  readonly #runs = new WeakMap<WebAssembly.Module, Run>()

  constructor(options: ArenaOptions = {}) {
    const names = ['maximumBytes', 'shared', 'spill']
    const { maximumBytes = ARENA_LIMIT_BYTES, shared = false, spill } = checkOptions('Arena', options, names)
    const fits = typeof maximumBytes === 'number' && maximumBytes >= 0
    checkArgument('Arena', '`maximumBytes`', maximumBytes, fits, 'a number from 0')
    this.#spill = spill
    this.maximumBytes = Math.min(pageFloor(maximumBytes), ARENA_LIMIT_BYTES)
    this.memory = new WebAssembly.Memory({ initial: 0, maximum: this.maximumBytes / PAGE_BYTES, shared })
  }

  /** Bytes the arena has taken so far: its measured peak. */
  get bytes(): number {
    return this.memory.buffer.byteLength
  }

  /**
   * Makes an executable the one that runs: grows the arena to its peak and writes its call records and constants.
   * Inputs, pinned ones too, must be written afterwards.
   *
   * @throws {@link BudgetError} if its peak is more than the arena may have.
   */
  load(executable: Executable): void {
    if (this.#loaded === executable) return
    if (pageCeil(executable.peakBytes) > this.maximumBytes) throw tooSmall(this, executable)
    this.reserve(executable.peakBytes)
    // Until everything is in place there is nothing to run.
    this.#loaded = undefined
    const bytes = new Uint8Array(this.memory.buffer)
    for (const { offset, data } of executable.statics) bytes.set(data, offset)
    this.#loaded = executable
  }

  /** Grows the arena to so many bytes, which must not be more than it may have. */
  reserve(bytes: number): void {
    const missing = pageCeil(bytes) - this.bytes
    if (missing > 0) this.memory.grow(missing / PAGE_BYTES)
  }

  /** Writes bytes anywhere. What was loaded must be loaded again. */
  put(offset: number, data: Uint8Array): void {
    this.#loaded = undefined
    new Uint8Array(this.memory.buffer, offset, data.length).set(data)
  }

  /** Moves bytes to where they may overlap their old place. What was loaded must be loaded again. */
  move(from: number, to: number, bytes: number): void {
    this.#loaded = undefined
    new Uint8Array(this.memory.buffer).copyWithin(to, from, from + bytes)
  }

  /** Runs call records of a module, written to an address that is a multiple of 4. What was loaded must be loaded again. */
  call(module: WebAssembly.Module, records: Int32Array<ArrayBuffer>, offset: number): void {
    this.#loaded = undefined
    const run = this.#runs.get(module) ?? this.#instantiate(module)
    new Int32Array(this.memory.buffer, offset, records.length).set(records)
    run(offset, offset + records.byteLength)
  }

  /** Writes an input of the loaded executable. */
  write(input: number, data: Data): void {
    const slot = this.#slot(input)
    if (data.length !== sizeOf(slot.aval.shape)) {
      throw new OptionError({
        summary: `Input ${input} has ${data.length} elements.`,
        expected: `${sizeOf(slot.aval.shape)} elements, for ${formatAval(slot.aval)}`,
      })
    }
    this.view(slot).set(data)
  }

  /**
   * Runs the loaded executable once.
   *
   * @throws {@link OptionError} if it spills and the arena has no store; {@link SpillError} if states cannot be spilled or
   * read back.
   */
  run(): void {
    if (!this.#loaded) throw nothingLoaded()
    const { module, calls } = this.#loaded
    const run = this.#runs.get(module) ?? this.#instantiate(module)
    run(calls.begin, calls.end)
  }

  /** A copy of an output of the last run. */
  read(output: number): Data {
    if (!this.#loaded) throw nothingLoaded()
    const slot = this.#loaded.outputs[output] as Slot
    const copy = allocate(slot.aval)
    copy.set(this.view(slot))
    return copy
  }

  /** The elements of a slot where they lie; valid until the arena grows. */
  view({ aval, offset }: Slot): Data {
    return viewOf(aval, this.memory.buffer, offset)
  }

  #instantiate(module: WebAssembly.Module): Run {
    const run = instantiate(module, this.memory, this.#spill)
    this.#runs.set(module, run)
    return run
  }

  #slot(input: number): Slot {
    if (!this.#loaded) throw nothingLoaded()
    return this.#loaded.inputs[input] as Slot
  }
}

const nothingLoaded = () =>
  new OptionError({ summary: 'The arena has no executable loaded.', fix: 'call load first' })

function tooSmall(arena: Arena, executable: Executable): BudgetError {
  return new BudgetError({
    summary: `An executable that needs ${executable.peakBytes} bytes does not fit an arena of ${arena.maximumBytes}.`,
    budgetBytes: arena.maximumBytes,
    leastBytes: pageCeil(executable.peakBytes),
  })
}
