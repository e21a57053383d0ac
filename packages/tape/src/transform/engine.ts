import { checkOneOf } from '../options.js'
import { type ByteSize, type Program, parseByteSize } from '../program/index.js'
import { dataOf, fromData, type Recording, type Tensor, type Tree, unflattenTree } from '../record/index.js'
import { Residents } from '../resident/index.js'
import {
  ARENA_LIMIT_BYTES,
  Arena,
  type Arithmetic,
  borrowArena,
  commonArena,
  compileWithin,
  type Executable,
  type Explanation,
  execute,
  explainWithin,
  giveBack,
} from '../run/index.js'
import { type Spill, type SpillStore, storeOf } from '../spill/index.js'

/** Options of everything that runs programs. */
export interface RunOptions {
  /** Bytes that one execution cannot pass: inputs, constants, values, results and scratch. Default: no cap. */
  readonly memory?: ByteSize | undefined
  /**
   * Where loops may keep states that do not fit the memory, besides it, where that costs less than to compute them again: a
   * directory, which has to be there when this is said, or a store such as that of {@link opfsStore}. Default: nowhere.
   */
  readonly spill?: Spill | undefined
  /** Default `'fast'`. */
  readonly arithmetic?: Arithmetic | undefined
}

/** Names of the options of everything that runs programs. */
export const RUN_OPTIONS = ['memory', 'spill', 'arithmetic'] as const

/** A compiled function of tensors. */
export interface Compiled {
  readonly executable: Executable
  readonly outputs: Recording['outputs']
}

/** Compiled functions that are kept, one for each key; the oldest goes first. */
const COMPILED_CACHE = 64

/** Compiles programs within a budget, keeps them, and runs them in one arena. */
export class Engine {
  readonly arithmetic: Arithmetic | undefined
  readonly #store: SpillStore | undefined
  /** Whether the user said how much memory there is. */
  readonly #isCapped: boolean
  readonly #memoryBytes: number | undefined
  readonly #compiled = new Map<string, Compiled>()
  #arena: Arena | undefined
  /** Where values lie while a recording with values is in progress. */
  #residents: Residents<Arena> | undefined

  constructor(options: RunOptions) {
    const { memory, spill, arithmetic } = options
    checkOneOf('arithmetic', arithmetic, ['fast', 'portable'])
    this.arithmetic = arithmetic
    this.#store = spill === undefined ? undefined : storeOf(spill)
    // What a store is for is to do with less than the most an arena may have.
    const largest = this.#store && ARENA_LIMIT_BYTES
    this.#isCapped = memory !== undefined
    this.#memoryBytes = memory === undefined ? largest : parseByteSize(memory)
  }

  /** The budget; undefined for no cap. */
  get memoryBytes(): number | undefined {
    return this.#memoryBytes
  }

  /** Bytes of the store; 0 if there is none. */
  get spillBytes(): number {
    return this.#store?.bytes ?? 0
  }

  /** The arena, which cannot pass the budget. */
  get arena(): Arena {
    if (this.memoryBytes === undefined) return commonArena()
    this.#arena ??= new Arena({ maximumBytes: this.memoryBytes, spill: this.#store })
    return this.#arena
  }

  /** What was compiled under a key, if it is still kept. */
  known(key: string): Compiled | undefined {
    return this.#compiled.get(key)
  }

  /** @throws {@link BudgetError} if no plan fits the memory. */
  compile(key: string, program: Program, outputs: Recording['outputs']): Compiled {
    const { arithmetic, memoryBytes, spillBytes } = this
    return this.keep(key, {
      executable: compileWithin(program, memoryBytes, { arithmetic, spillBytes }),
      outputs,
    })
  }

  /** Keeps what was compiled under a key. */
  keep<C extends Compiled>(key: string, compiled: C): C {
    this.#compiled.set(key, compiled)
    if (this.#compiled.size > COMPILED_CACHE) {
      this.#compiled.delete(this.#compiled.keys().next().value as string)
    }
    return compiled
  }

  /** @throws {@link BudgetError} if no plan fits the memory. */
  explain(program: Program): Explanation {
    const explanation = explainWithin(program, this.memoryBytes, this.spillBytes)
    if (this.#isCapped) return explanation
    const { budgetBytes: _, ...rest } = explanation
    return rest
  }

  /**
   * Runs a compiled function; inputs after those that are given lie in the arena already.
   *
   * @throws {@link SpillError} if states cannot be spilled or read back.
   */
  run({ executable, outputs }: Compiled, inputs: readonly Tensor[], arena = this.arena): Tree<Tensor> {
    const results = execute(
      arena,
      executable,
      inputs.map(x => dataOf(x)),
    )
    return unflattenTree(
      outputs,
      results.map(({ aval, data }) => fromData(aval, data)),
    )
  }

  /** Whether a recording with values is in progress. */
  get isRecording(): boolean {
    return this.#residents !== undefined
  }

  /** Does something that records with values. Recordings inside of one another have their values in one arena. */
  recording<T>(act: (residents: Residents<Arena>) => T): T {
    if (this.#residents) return act(this.#residents)
    const { arithmetic, memoryBytes } = this
    const arena = memoryBytes === undefined ? borrowArena() : this.arena
    const keepBytes = memoryBytes === undefined ? KEEP_BYTES : undefined
    this.#residents = new Residents(arena, { arithmetic, keepBytes })
    try {
      return act(this.#residents)
    } finally {
      this.#residents = undefined
      if (memoryBytes === undefined) giveBack(arena)
    }
  }
}

/** @throws {@link OptionError} or {@link SpillError} for options with which nothing could be run later. */
export function checkRunOptions(options: RunOptions): void {
  new Engine(options)
}

/** Bytes of values that a recording without a budget keeps; what there are more is computed again. */
const KEEP_BYTES = 2 ** 30
