import { batch, withBatch } from '../derive/index.js'
import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { transpose } from '../ops/index.js'
import { checkFunction, checkOptions } from '../options.js'
import { formatAval } from '../program/index.js'
import {
  argumentsOf,
  fitted,
  flattenTree,
  isArgumentLeaf,
  recordOn,
  type Structure,
  Tape,
  type Tensor,
  type Tree,
  type TreeOf,
  treeNamed,
  unflattenTree,
} from '../record/index.js'
import type { Batched } from '../rules/index.js'
import { RUN_OPTIONS, type RunOptions } from './engine.js'
import type { Transformed } from './explained.js'
import { leavesOf } from './trace.js'
import { jitNamed } from './transformed.js'

/** Which axis of an argument is the batch; null for arguments that all elements share. */
export type InAxis = number | null

/** Options of {@link vmap}. */
export interface VmapOptions extends RunOptions {
  /** One for all arguments, or one for each. Default 0. */
  readonly inAxes?: InAxis | readonly InAxis[]
  /** Axis of the results that is the batch. Default 0. */
  readonly outAxes?: number
}

/**
 * The function mapped over a batch: it is written for one element, and computes all of them together.
 *
 * @throws {@link ShapeError} if batches differ in length; {@link OptionError} if no argument is batched.
 * @example
 * const dot = (x, y) => x.mul(y).sum()
 * vmap(dot)(tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])).toArray() // → [17, 53]
 * vmap(dot, { inAxes: [0, null] })(tensor([[1, 2], [3, 4]]), tensor([1, 10])).toArray() // → [21, 43]
 */
export function vmap<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  options: VmapOptions = {},
): Transformed<A, R> {
  checkFunction('vmap', fn)
  checkOptions('vmap', options, [...RUN_OPTIONS, 'inAxes', 'outAxes'])
  const { inAxes = 0, outAxes = 0, ...run } = options
  const mapped = (...args: A): R => {
    const inputs = args.flatMap((arg, k) => {
      const axis = inAxes === null || typeof inAxes === 'number' ? inAxes : inAxes[k]
      if (axis === undefined) throw tooFewAxes(inAxes as readonly InAxis[], args.length)
      return leavesOf(arg, treeNamed(`vmap: argument ${k}`)).map(x => front(x, axis, k))
    })
    const size = batchSize(inputs)
    const { structure } = flattenTree(args, isArgumentLeaf, argumentsOf('vmap'))
    const avals = inputs.map(({ tensor, batched }) => ({
      dtype: tensor.dtype,
      shape: batched ? tensor.shape.slice(1) : tensor.shape,
    }))
    const call = fn as unknown as (...args: unknown[]) => Tree<Tensor>
    const own = unflattenTree(structure, avals) as unknown[]
    const recording = fitted('vmap', fn, args, () => recordOn(new Tape(), call, own, 'vmap'))
    const captures = recording.captures.map(tensor => ({ tensor, batched: false }))
    const outputs = batch(recording.program, [...inputs, ...captures], size)
    const results = outputs.map(out => back(withBatch(out, size), outAxes))
    return unflattenTree(recording.outputs as Structure, results) as R
  }
  return jitNamed({ name: 'vmap' }, mapped, run)
}

/** The batch axis brought to the front. */
function front(x: Tensor, axis: InAxis, argument: number): Batched {
  if (axis === null) return { tensor: x, batched: false }
  const from = axis < 0 ? axis + x.rank : axis
  if (!Number.isInteger(axis) || from < 0 || from >= x.rank) {
    throw new OptionError({
      summary: `vmap: there is no axis ${axis} in ${formatAval(x.aval)}, of argument ${argument}.`,
      expected: 'an axis of every leaf of the argument, or null',
      at: callerLocation(),
      fix: 'say which arguments are mapped: `inAxes: [null, 0]` takes the first as it is, whatever it holds',
      data: { argument },
    })
  }
  const order = x.shape.map((_, k) => k)
  return { tensor: transpose(x, [from, ...order.toSpliced(from, 1)]), batched: true }
}

/** The batch axis brought from the front to its place. */
function back(x: Tensor, axis: number): Tensor {
  const to = axis < 0 ? axis + x.rank : axis
  if (!Number.isInteger(axis) || to < 0 || to >= x.rank) {
    throw new OptionError({
      summary: `vmap: there is no axis ${axis} in the result ${formatAval(x.aval)}.`,
      expected: `\`outAxes\` from ${-x.rank} to ${x.rank - 1}`,
      at: callerLocation(),
    })
  }
  return transpose(x, Array.from({ length: x.rank - 1 }, (_, k) => k + 1).toSpliced(to, 0, 0))
}

function batchSize(inputs: readonly Batched[]): number {
  const sizes = new Set(inputs.flatMap(({ tensor, batched }) => (batched ? [tensor.shape[0] as number] : [])))
  const [size] = sizes
  if (size !== undefined && sizes.size === 1) return size
  if (size === undefined) {
    throw new OptionError({
      summary: 'vmap: no argument is batched.',
      expected: '`inAxes` with a number in it',
      at: callerLocation(),
    })
  }
  throw new ShapeError({
    summary: `vmap: batches differ in length: ${[...sizes].join(', ')}.`,
    expected: 'one length along the batch axes of all arguments',
    at: callerLocation(),
  })
}

const tooFewAxes = (inAxes: readonly InAxis[], count: number) =>
  new OptionError({
    summary: `vmap: \`inAxes\` has ${inAxes.length} entries, but there are ${count} arguments.`,
    expected: 'one entry for each argument, or a single one for all',
    at: callerLocation(),
  })
