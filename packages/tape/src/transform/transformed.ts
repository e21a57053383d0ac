import { replay } from '../derive/index.js'
import { checkFunction, checkOneOf, checkOptions } from '../options.js'
import {
  type ArgumentLeaf,
  argumentsOf,
  avalOf,
  fitted,
  flattenTree,
  formatAvals,
  hasData,
  innermostTape,
  isArgumentLeaf,
  type Recording,
  record,
  recordOn,
  Tape,
  type Tensor,
  type Tree,
  type TreeName,
  type TreeOf,
  unflattenTree,
} from '../record/index.js'
import { dynamically, type Expand } from './dynamic.js'
import { type Compiled, Engine, RUN_OPTIONS, type RunOptions } from './engine.js'
import { explainer, plannedWithLines, type Transformed } from './explained.js'
import { type Form, leavesIn } from './repeated.js'
import { tensorOf } from './trace.js'

/** Options of transformations that record a function at each call if asked to. */
export interface RecordOptions extends RunOptions {
  /**
   * Define by run: the function is recorded anew at each call, with values, so that it may read them with `item()` and
   * choose its path by them. All values lie within the memory as they are recorded; what does not fit leaves and is computed
   * again when it is read. Then the recorded path is planned as a whole and run on from what is there. Compiled paths are
   * kept for later calls that take the same one. Default: recorded once for each set of avals, without values.
   */
  readonly dynamic?: boolean | undefined
}

/** Names of those options. */
export const RECORD_OPTIONS: readonly string[] = [...RUN_OPTIONS, 'dynamic']

/** A transformation, as its errors name it, and the options it has. */
export interface Transformation {
  readonly name: string
  /** What errors call its arguments, if they are not those of the function. */
  readonly named?: TreeName
  readonly optionNames?: readonly string[]
  /** Refuses a call with too few arguments. */
  readonly check?: (count: number) => void
}

/** Trees of tensors or numbers with the same nesting as the recorded arguments. */
export type Arguments = readonly unknown[]

/**
 * The common way of all transformations: arguments that are being recorded expand onto their tape; concrete ones
 * run an executable that is recorded, planned and compiled once for their avals.
 */
export function transformed<A extends Arguments, R>(
  { name, named = argumentsOf(name), optionNames = RECORD_OPTIONS, check }: Transformation,
  fn: (...args: A) => Tree<Tensor>,
  expand: Expand,
  options: RecordOptions,
): Transformed<A, R> {
  checkFunction(name, fn)
  checkOptions(name, options, optionNames)
  checkOneOf('dynamic', options.dynamic, [true, false])
  const engine = new Engine(options)
  /** The form of the last call's arguments, which most calls repeat. */
  let last: (Form & { readonly compiled: Compiled }) | undefined
  const call = (...args: A): R => fitted(name, fn, args, () => calledOn(args))
  const calledOn = (args: A): R => {
    const repeated = last && leavesIn(last, args)
    if (last && repeated) return engine.run(last.compiled, repeated) as R
    check?.(args.length)
    const { leaves, structure, paths } = flattenTree<ArgumentLeaf>(args, isArgumentLeaf, named)
    const tensors = leaves.map((leaf, k) => tensorOf(leaf, named, paths[k] as string))
    if (options.dynamic && tensors.every(hasData)) {
      const own = unflattenTree(structure, tensors) as unknown as A
      return dynamically(engine, fn, own, tensors, expand, name) as R
    }
    const avals = tensors.map(avalOf)
    const expandOn = (inputs: readonly Tensor[]) => {
      const recording = recordOn(
        new Tape(),
        fn as unknown as (...args: unknown[]) => Tree<Tensor>,
        unflattenTree(structure, avals) as unknown[],
        name,
      )
      return expand(recording, [...inputs, ...recording.captures])
    }
    if (innermostTape(tensors)) return expandOn(tensors) as R
    const key = `${JSON.stringify(structure)} ${formatAvals(avals)}`
    let compiled = engine.known(key)
    if (!compiled) {
      const recordWhole = () => record((...inputs: readonly Tensor[]) => expandOn(inputs), ...avals)
      const whole = recordWhole()
      if (whole.captures.length > 0) return expandOn(tensors) as R
      compiled = plannedWithLines(whole.program, recordWhole, program =>
        engine.compile(key, program, whole.outputs),
      )
    }
    last = { structure, avals, compiled }
    return engine.run(compiled, tensors) as R
  }
  const explained = explainer(engine, { name, fn, expand, check, dynamic: options.dynamic ?? false })
  const explain = (...args: A) => fitted(name, fn, args, () => explained(...args))
  return Object.assign(call, { explain }) as Transformed<A, R>
}

/**
 * Compiles a function of trees of tensors: it is recorded once for each set of avals, planned under the budget,
 * and then runs as WebAssembly. Inside another recording it is recorded as if it were called.
 *
 * Tensors that the function reads from outside of its arguments are constants of that recording: pass what changes
 * from call to call as an argument. Numbers among its arguments become scalars; close over one that shapes or loops depend on.
 *
 * JavaScript's own operators record nothing: `x * 2` is refused, write `x.mul(2)`; and `if (x.greater(0))` always holds, since
 * a tensor is an object: choose with `where` or `cond`, or in dynamic code by `x.item() > 0`.
 *
 * @throws {@link BudgetError} at the call, if no plan fits the memory.
 * @example
 * const norm = jit(x => sqrt(sum(square(x))))
 * norm(tensor([3, 4])).item() // → 5
 * const halve = jit(x => { while (x.item() > 1) x = x.div(2); return x }, { dynamic: true })
 * halve(tensor(12)).item() // → 0.75
 */
export function jit<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  options: RecordOptions = {},
): Transformed<A, R> {
  return jitNamed({ name: 'jit' }, fn, options)
}

/** As {@link jit}, for a transformation that is made of it, with the name of that in its errors. */
export function jitNamed<A extends readonly unknown[], R>(
  transformation: Transformation,
  fn: (...args: A) => R,
  options: RecordOptions,
): Transformed<A, R> {
  return transformed<A, R>(
    transformation,
    fn as unknown as (...args: A) => Tree<Tensor>,
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
