import { pullback, replay } from '../derive/index.js'
import { DerivativeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { broadcastTo, div, sum } from '../ops/index.js'
import { checkOneOf, checkOptions, shown } from '../options.js'
import { formatAval, isFloat } from '../program/index.js'
import {
  leafCount,
  type Recording,
  type Structure,
  scalarLike,
  type Tensor,
  type Tree,
  type TreeOf,
  unflattenTree,
} from '../record/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import type { Transformed } from './explained.js'
import { RECORD_OPTIONS, type RecordOptions, transformed } from './transformed.js'

/** Options of {@link grad} and {@link valueAndGrad}. */
export interface GradOptions extends RecordOptions {
  /** Which arguments are differentiated: a position (the gradient is a tree like it) or several. Default 0. */
  readonly argnums?: number | readonly number[]
  /** How the rows of a loss with one number a row become one number. Default `'mean'`. */
  readonly reduction?: Reduction
  /**
   * Whether the loss returns `[loss, auxiliary]`, with any tree of tensors beside it that is computed on the way and not
   * differentiated. Only for {@link valueAndGrad}. Default false.
   */
  readonly auxiliary?: boolean
}

/** Mean or sum over the rows of a loss. */
export type Reduction = 'mean' | 'sum'

/** The gradient with respect to one argument: a tree of its shape. */
export type GradientOf<A> =
  Tree<Tensor> extends A
    ? Tree<Tensor>
    : A extends Tensor | number
      ? Tensor
      : { [K in keyof A]: A[K] extends Tensor | number ? Tensor : GradientOf<A[K]> }

/** Value and gradient of a function. */
export interface ValueAndGradient<G> {
  /** A scalar. */
  readonly value: Tensor
  readonly gradient: G
}

/** What a loss returns: a scalar or one number a row; with `auxiliary`, followed by a tree of tensors. */
export type LossOf<O, R = unknown> = O extends { readonly auxiliary: true }
  ? readonly [Tensor, R extends readonly [unknown, infer X] ? TreeOf<X> : Tree<Tensor>]
  : Tensor

/** What {@link valueAndGrad} gives for a loss. */
export type WithAuxiliary<G, R> = R extends readonly [Tensor, infer X]
  ? ValueAndGradient<G> & { readonly auxiliary: X }
  : ValueAndGradient<G>

type Gradient<A extends readonly unknown[], O> = O extends { readonly argnums: infer P }
  ? P extends readonly number[]
    ? { readonly [K in keyof P]: GradientOf<A[P[K] & number]> }
    : P extends number
      ? GradientOf<A[P]>
      : never
  : GradientOf<A[0]>

/**
 * The function that computes a loss together with its gradient by reverse accumulation.
 *
 * The loss returns a scalar, or one number a row (`f32[rows]`), which is averaged (or summed, see `reduction`). With
 * `auxiliary: true` it returns that and a tree of tensors, which is handed on as `auxiliary`. What it reads from outside of
 * its arguments is fixed at the first call with their avals, as with {@link jit}.
 *
 * @throws {@link ShapeError} if the loss is of rank 2 or more; {@link DerivativeError} if an argument or the loss
 * is not floating-point; {@link BudgetError} if no plan fits the memory.
 * @example
 * const f = valueAndGrad((x, y) => x.square().mul(5).sub(x.mul(y)))   // 5x² − xy
 * const { value, gradient } = f(tensor(3), tensor(2))
 * value.item() // → 39
 * gradient.item() // → 28
 * const g = valueAndGrad(x => [x.square(), { root: x.sqrt() }], { auxiliary: true })
 * g(tensor(4)).auxiliary.root.item() // → 2
 */
export function valueAndGrad<
  A extends readonly unknown[],
  R extends LossOf<O, R>,
  const O extends GradOptions = GradOptions,
>(loss: (...args: A) => R, options: O = {} as O): Transformed<A, WithAuxiliary<Gradient<A, O>, R>> {
  return gradientOf('valueAndGrad', true, loss, options)
}

const GRAD_OPTIONS = [...RECORD_OPTIONS, 'argnums', 'reduction', 'auxiliary']

/** @param givesValue whether the value is asked for. */
function gradientOf<A extends readonly unknown[], R extends LossOf<O, R>, const O extends GradOptions>(
  name: string,
  givesValue: boolean,
  loss: (...args: A) => R,
  options: O,
): Transformed<A, WithAuxiliary<Gradient<A, O>, R>> {
  checkOptions(name, options, GRAD_OPTIONS)
  const { argnums = 0, reduction = 'mean', auxiliary = false } = options
  checkOneOf('reduction', reduction, ['mean', 'sum'])
  checkOneOf('auxiliary', auxiliary, [true, false])
  // A path is planned with what it has left in memory, and a value that nobody asks for would take bytes of that.
  const hasValue = givesValue || !options.dynamic
  const positions = positionsOf(name, argnums)
  return transformed(
    { name, optionNames: GRAD_OPTIONS, check: count => checkCount(name, positions, count) },
    loss,
    (recorded, inputs) => {
      const recording = { ...recorded, program: withoutRepetitions(recorded.program) }
      const wanted = wantedLeaves(recording, positions, inputs)
      const values = replay(recording.program, inputs)
      const out = values[recording.program.outputs[0] as number] as Tensor
      checkLoss(recording, out, auxiliary)
      const rows = out.rank === 1 && reduction === 'mean' ? out.size : 1
      const ct = broadcastTo(scalarLike(out, 1 / rows), out.shape)
      const cts = pullback(recording.program, values, [ct], wanted.flat, { alongLines: true })
      const gradients = wanted.arguments.map(({ structure, first, count }) =>
        unflattenTree(
          structure,
          Array.from({ length: count }, (_, k) => cts[first + k] ?? zeros(inputs[first + k] as Tensor)),
        ),
      )
      return {
        ...(hasValue && { value: reduced(out, rows) }),
        gradient: typeof argnums === 'number' ? (gradients[0] as Tree<Tensor>) : gradients,
        ...(auxiliary && { auxiliary: besides(recording, values) }),
      }
    },
    options,
  )
}

/**
 * The function that computes the gradient of a loss; see {@link valueAndGrad}.
 *
 * @example
 * grad(x => x.mul(x).mul(x))(tensor(2)).item() // → 12
 * grad(grad(x => x.mul(x).mul(x)))(tensor(2)).item() // → 12
 */
export function grad<A extends readonly unknown[], const O extends GradOptions = GradOptions>(
  loss: (...args: A) => Tensor,
  options: O = {} as O,
): Transformed<A, Gradient<A, O>> {
  const only = gradientOf('grad', false, loss as (...args: A) => LossOf<O>, options)
  if (options.auxiliary) throw auxiliaryOfGrad()
  return Object.assign((...args: A) => only(...args).gradient, { explain: only.explain })
}

const auxiliaryOfGrad = () =>
  new OptionError({
    summary: 'grad: `auxiliary` is set.',
    expected: 'a loss that returns a tensor',
    at: callerLocation(),
    fix: 'valueAndGrad hands on what the loss returns beside its value',
    data: { option: 'auxiliary' },
  })

/** What a loss returned beside its value. */
function besides({ program, outputs }: Recording, values: readonly Tensor[]): Tree<Tensor> {
  const [, structure] = (outputs as { list: readonly [Structure, Structure] }).list
  return unflattenTree(
    structure,
    program.outputs.slice(1).map(value => values[value] as Tensor),
  )
}

/** The sum of a loss over its rows, divided by a number. */
function reduced(out: Tensor, by: number): Tensor {
  const total = out.rank === 1 ? sum(out) : out
  return by === 1 ? total : div(total, by)
}

const zeros = (x: Tensor): Tensor => broadcastTo(scalarLike(x, 0), x.shape)

/** @throws {@link OptionError} unless it is a position or a list of them. */
function positionsOf(name: string, argnums: unknown): readonly number[] {
  const positions: readonly unknown[] = Array.isArray(argnums) ? argnums : [argnums]
  const isPosition = (one: unknown): one is number => Number.isInteger(one) && (one as number) >= 0
  if (positions.every(isPosition)) return positions
  throw new OptionError({
    summary: `${name}: \`argnums\` is ${shown(argnums)}.`,
    expected: 'the position of an argument, from 0 on, or a list of positions',
    at: callerLocation(),
    data: { option: 'argnums', value: shown(argnums) },
  })
}

/** @throws {@link OptionError} if a call has too few arguments for these positions. */
function checkCount(name: string, positions: readonly number[], count: number): void {
  const position = positions.find(one => one >= count)
  if (position === undefined) return
  throw new OptionError({
    summary: `${name}: there is no argument ${position}; the function was called with ${count || 'none'}.`,
    expected: count === 0 ? 'an argument to differentiate' : `\`argnums\` from 0 to ${count - 1}`,
    at: callerLocation(),
    data: { option: 'argnums' },
  })
}

interface Wanted {
  readonly flat: readonly boolean[]
  readonly arguments: readonly { structure: Structure; first: number; count: number }[]
}

/** Finds the leaves of the differentiated arguments among the inputs of the program. */
function wantedLeaves(
  { inputs: structure }: Recording,
  positions: readonly number[],
  inputs: readonly Tensor[],
): Wanted {
  const list = (structure as { list: readonly Structure[] }).list
  const flat = inputs.map(() => false)
  const found = positions.map(position => {
    const argument = list[position] as Structure
    const first = list.slice(0, position).reduce((sum, one) => sum + leafCount(one), 0)
    const count = leafCount(argument)
    for (let k = first; k < first + count; k++) {
      const x = inputs[k] as Tensor
      if (!isFloat(x.dtype)) throw notDifferentiable(position, x)
      flat[k] = true
    }
    return { structure: argument, first, count }
  })
  return { flat, arguments: found }
}

function notDifferentiable(position: number, x: Tensor): DerivativeError {
  return new DerivativeError({
    summary: `grad: argument ${position} has a leaf ${formatAval(x.aval)}, which is not differentiable.`,
    expected: 'f32 or f64',
    at: callerLocation(),
    fix: 'pass it as another argument, or convert it first',
  })
}

function checkLoss({ outputs }: Recording, out: Tensor, auxiliary: boolean): void {
  if (!isLoss(outputs, auxiliary)) {
    throw new ShapeError({
      summary: 'grad: the loss returned a tree of tensors.',
      expected: auxiliary
        ? '[loss, auxiliary], with a tree of tensors second'
        : 'a scalar, or one number a row (rank 1)',
      at: callerLocation(),
      fix: auxiliary ? undefined : 'valueAndGrad with { auxiliary: true } takes [loss, tree]',
    })
  }
  if (out.rank > 1) {
    throw new ShapeError({
      summary: `grad: the loss is ${formatAval(out.aval)}.`,
      expected: 'a scalar, or one number a row (rank 1)',
      at: callerLocation(),
      fix: 'reduce it, such as sum(loss, { axis: -1 })',
    })
  }
  if (out.size === 0) {
    throw new ShapeError({
      summary: `grad: the loss is ${formatAval(out.aval)}, without any row.`,
      expected: 'one row or more',
      at: callerLocation(),
    })
  }
  if (!isFloat(out.dtype)) {
    throw new DerivativeError({
      summary: `grad: the loss is ${formatAval(out.aval)}, which has no derivative.`,
      expected: 'f32 or f64',
      at: callerLocation(),
    })
  }
}

/** Whether the result of a loss is nested as it should be. */
function isLoss(outputs: Structure, auxiliary: boolean): boolean {
  if (!auxiliary) return outputs === '*'
  return (
    typeof outputs === 'object' && 'list' in outputs && outputs.list.length === 2 && outputs.list[0] === '*'
  )
}
