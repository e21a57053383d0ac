import { BudgetError, OptionError } from '../errors.js'
import { type ByteSize, formatByteSize, type Program, parseByteSize } from '../program/index.js'
import {
  type ArgumentLeaf,
  avalOf,
  dataOf,
  flattenTree,
  formatAvals,
  fromData,
  innermostTape,
  isArgumentLeaf,
  type Recording,
  record,
  Tensor,
  type Tree,
  tensor,
  unflattenTree,
} from '../record/index.js'
import {
  Arena,
  type Arithmetic,
  commonArena,
  compile,
  type Executable,
  execute,
  PAGE_BYTES,
  pageCeil,
  pageFloor,
} from '../run/index.js'
import { type Form, leavesIn } from './repeated.js'
import { replay } from './replay.js'
import { simplify } from './simplify.js'

/** Options of every transformation that runs programs. */
export interface RunOptions {
  /** Bytes that one execution cannot pass: inputs, constants, values, results and scratch. Default: no cap. */
  readonly memory?: ByteSize | undefined
  /** Default `'fast'`. */
  readonly arithmetic?: Arithmetic | undefined
}

/** Trees of tensors or numbers with the same nesting as the recorded arguments. */
export type Arguments = readonly unknown[]

/** A compiled function of arguments with these avals. */
interface Compiled {
  readonly executable: Executable
  readonly outputs: Recording['outputs']
}

/** Compiled functions a transformed function keeps, one for each set of avals; the oldest goes first. */
const COMPILED_CACHE = 64

/** What a transformation makes of a recorded function: the tensors of its result, emitted from tensors. */
export type Expand = (recording: Recording, inputs: readonly Tensor[]) => Tree<Tensor>

/**
 * The common way of all transformations: arguments that are being recorded expand onto their tape; concrete ones
 * run an executable that is recorded, planned and compiled once for their avals.
 */
export function transformed<A extends Arguments, R>(
  fn: (...args: A) => Tree<Tensor>,
  expand: Expand,
  options: RunOptions = {},
): (...args: A) => R {
  const memoryBytes = options.memory === undefined ? undefined : parseByteSize(options.memory)
  checkArithmetic(options.arithmetic)
  const cache = new Map<string, Compiled>()
  let arena: Arena | undefined
  const run = ({ executable, outputs }: Compiled, tensors: readonly Tensor[]): R => {
    arena ??= memoryBytes === undefined ? commonArena() : new Arena({ maximumBytes: memoryBytes })
    const results = execute(
      arena,
      executable,
      tensors.map(x => dataOf(x)),
    )
    return unflattenTree(
      outputs,
      results.map(({ aval, data }) => fromData(aval, data)),
    ) as R
  }
  /** The form of the last call's arguments, which most calls repeat. */
  let last: (Form & { readonly compiled: Compiled }) | undefined
  return (...args) => {
    const repeated = last && leavesIn(last, args)
    if (last && repeated) return run(last.compiled, repeated)
    const { leaves, structure, paths } = flattenTree<ArgumentLeaf>(args, isArgumentLeaf)
    const tensors = leaves.map((leaf, k) => argument(leaf, paths[k] as string))
    const avals = tensors.map(avalOf)
    const key = `${JSON.stringify(structure)} ${formatAvals(avals)}`
    const expandOn = (inputs: readonly Tensor[]) => {
      const recording = record(
        fn as unknown as (...args: unknown[]) => Tree<Tensor>,
        ...(unflattenTree(structure, avals) as unknown[]),
      )
      return expand(recording, [...inputs, ...recording.captures])
    }
    if (innermostTape(tensors)) return expandOn(tensors) as R
    let compiled = cache.get(key)
    if (!compiled) {
      const whole = record((...inputs: readonly Tensor[]) => expandOn(inputs), ...avals)
      if (whole.captures.length > 0) return expandOn(tensors) as R
      const executable = compileWithin(memoryBytes, whole.program, options.arithmetic)
      compiled = { executable, outputs: whole.outputs }
      cache.set(key, compiled)
      if (cache.size > COMPILED_CACHE) cache.delete(cache.keys().next().value as string)
    }
    last = { structure, avals, compiled }
    return run(compiled, tensors)
  }
}

/** Compiles for an arena of at most so many bytes, of which whole pages are usable. */
function compileWithin(
  memoryBytes: number | undefined,
  program: Program,
  arithmetic: Arithmetic | undefined,
): Executable {
  const simple = simplify(program)
  if (memoryBytes === undefined) return compile(simple, { arithmetic })
  try {
    return compile(simple, { memoryBytes: pageFloor(memoryBytes), arithmetic })
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    const leastBytes = pageCeil(error.leastBytes)
    throw new BudgetError({
      ...error.parts,
      summary: `No plan fits ${memoryBytes} bytes.`,
      expected: `at least ${leastBytes} bytes, in whole pages of ${PAGE_BYTES}`,
      fix: `give it ${leastBytes} bytes (${formatByteSize(leastBytes)}), or use smaller batches or layers`,
      budgetBytes: memoryBytes,
      leastBytes,
      cause: error,
    })
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

function argument(leaf: ArgumentLeaf, path: string): Tensor {
  if (leaf instanceof Tensor) return leaf
  if (typeof leaf === 'number') return tensor(leaf)
  throw new OptionError({
    summary: `The argument at ${path} is an aval, not a tensor.`,
    expected: 'tensors or numbers; only record takes avals',
  })
}

/**
 * Compiles a function of trees of tensors: it is recorded once for each set of avals, planned under the budget,
 * and then runs as WebAssembly. Inside another recording it is recorded as if it were called.
 *
 * Tensors that the function reads from outside of its arguments are constants of that recording: pass what changes
 * from call to call as an argument.
 *
 * @throws {@link BudgetError} at the call, if no plan fits the memory.
 * @example
 * const norm = jit(x => sqrt(sum(square(x))))
 * norm(tensor([3, 4])).item() // → 5
 */
export function jit<A extends readonly unknown[], R extends Tree<Tensor>>(
  fn: (...args: A) => R,
  options: RunOptions = {},
): (...args: A) => R {
  return transformed<A, R>(
    fn,
    (recording, inputs) => {
      const values = replayOutputs(recording, inputs)
      return unflattenTree(recording.outputs, values)
    },
    options,
  )
}

/** The outputs of a recording on these inputs. */
function replayOutputs({ program }: Recording, inputs: readonly Tensor[]): readonly Tensor[] {
  const values = replay(program, inputs)
  return program.outputs.map(value => values[value] as Tensor)
}
