import { OptionError } from '../errors.js'
import { type ByteSize, type Program, parseByteSize } from '../program/index.js'
import { dataOf, fromData, type Recording, type Tensor, type Tree, unflattenTree } from '../record/index.js'
import {
  ARENA_LIMIT_BYTES,
  Arena,
  type Arithmetic,
  commonArena,
  compileWithin,
  type Executable,
  type Explanation,
  execute,
  explainWithin,
} from '../run/index.js'
import { type Spill, type SpillStore, storeOf } from '../spill/index.js'

/** Options of everything that runs programs. */
export interface RunOptions {
  /** Bytes that one execution cannot pass: inputs, constants, values, results and scratch. Default: no cap. */
  readonly memory?: ByteSize | undefined
  /**
   * Where loops may keep states that do not fit the memory, besides it, where that costs less than to compute them again: a
   * directory, or a store such as that of {@link opfsStore}. Default: nowhere.
   */
  readonly spill?: Spill | undefined
  /** Default `'fast'`. */
  readonly arithmetic?: Arithmetic | undefined
}

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
  readonly #memoryBytes: number | undefined
  readonly #store: SpillStore | undefined
  readonly #compiled = new Map<string, Compiled>()
  #arena: Arena | undefined

  constructor(options: RunOptions) {
    const { memory, spill, arithmetic } = options
    checkNames(options)
    checkArithmetic(arithmetic)
    this.arithmetic = arithmetic
    this.#store = spill === undefined ? undefined : storeOf(spill)
    // What a store is for is to do with less than the most an arena may have.
    const largest = this.#store && ARENA_LIMIT_BYTES
    this.#memoryBytes = memory === undefined ? largest : parseByteSize(memory)
  }

  /** The arena, which cannot pass the budget. */
  get arena(): Arena {
    this.#arena ??=
      this.#memoryBytes === undefined
        ? commonArena()
        : new Arena({ maximumBytes: this.#memoryBytes, spill: this.#store })
    return this.#arena
  }

  /** What was compiled under a key, if it is still kept. */
  known(key: string): Compiled | undefined {
    return this.#compiled.get(key)
  }

  /** @throws {@link BudgetError} if no plan fits the memory. */
  compile(key: string, program: Program, outputs: Recording['outputs']): Compiled {
    const { arithmetic } = this
    const spillBytes = this.#store?.bytes
    const executable = compileWithin(program, this.#memoryBytes, { arithmetic, spillBytes })
    const compiled = { executable, outputs }
    this.#compiled.set(key, compiled)
    if (this.#compiled.size > COMPILED_CACHE) {
      this.#compiled.delete(this.#compiled.keys().next().value as string)
    }
    return compiled
  }

  /** @throws {@link BudgetError} if no plan fits the memory. */
  explain(program: Program): Explanation {
    return explainWithin(program, this.#memoryBytes, this.#store?.bytes)
  }

  /** @throws {@link SpillError} if states cannot be spilled or read back. */
  run({ executable, outputs }: Compiled, inputs: readonly Tensor[]): Tree<Tensor> {
    const results = execute(
      this.arena,
      executable,
      inputs.map(x => dataOf(x)),
    )
    return unflattenTree(
      outputs,
      results.map(({ aval, data }) => fromData(aval, data)),
    )
  }
}

function checkArithmetic(arithmetic: Arithmetic | undefined): void {
  if (arithmetic === undefined || arithmetic === 'fast' || arithmetic === 'portable') return
  throw new OptionError({
    summary: `\`arithmetic\` is ${JSON.stringify(arithmetic)}.`,
    expected: "'fast' or 'portable'",
    data: { option: 'arithmetic' },
  })
}

/** Options of the transformations, this engine's and their own. */
const NAMES = ['memory', 'spill', 'arithmetic', 'dynamic', 'argnums', 'reduction', 'auxiliary']

/** A misspelt option would do nothing, in silence. */
function checkNames(options: RunOptions): void {
  const wrong = Object.keys(options).find(name => !NAMES.includes(name))
  if (wrong === undefined) return
  throw new OptionError({
    summary: `There is no option \`${wrong}\`.`,
    expected: NAMES.join(', '),
    data: { option: wrong },
  })
}
