import { type ReduceKind, reduce } from '@wengert/kernels'
import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions } from '../options.js'
import { type Aval, formatAval, type Params, registerOp } from '../program/index.js'
import { applyOne, type Tensor } from '../record/index.js'
import type { Batch } from '../rules/index.js'
import { type Axes, normalizeAxes } from './axes.js'
import { reshape } from './shape.js'

/** Which axes to reduce, and whether they stay with length 1. */
export interface ReduceOptions {
  /** Default: all axes. */
  readonly axis?: Axes
  readonly keepdims?: boolean
}

/** The names of {@link ReduceOptions}. */
export const REDUCE_OPTIONS = ['axis', 'keepdims']

/** The axes that an instruction reduces. */
export const axesOf = (params: Params) => params.axes as readonly number[]

/** Shape with the reduced axes at length 1. */
export const kept = (shape: readonly number[], axes: readonly number[]) =>
  shape.map((length, axis) => (axes.includes(axis) ? 1 : length))

/** Each element of a batch is reduced along its own axes. */
export const batchOf =
  (name: string): Batch =>
  ({ inputs, params }) =>
    applyOne(name, inputs, { axes: axesOf(params).map(axis => axis + 1) })

/** Makes the reduction of a kind known as an op. */
export function defineReduction(name: ReduceKind, dtypes: readonly string[]): void {
  registerOp({
    name,
    infer([x], params) {
      const { dtype, shape } = x as Aval
      if (!dtypes.includes(dtype)) {
        throw new DTypeError({
          summary: `${name}: dtype not taken: ${formatAval(x as Aval)}.`,
          expected: dtypes.join(', '),
          at: callerLocation(),
          fix: "convert with x.convert('f32')",
        })
      }
      return [{ dtype, shape: shape.filter((_, axis) => !axesOf(params).includes(axis)) }]
    },
    lower: ([x], _out, params) => reduce({ kind: name, ...(x as Aval), axes: axesOf(params) }),
    reduced: params => ({ kind: name, axes: axesOf(params) }),
  })
}

/** Applies a reduction with these options. */
export function reduction(name: ReduceKind, x: Tensor, options: ReduceOptions): Tensor {
  const { axis, keepdims = false } = checkOptions(name, options, REDUCE_OPTIONS)
  const axes = normalizeAxes(name, x.aval, axis)
  const out = axes.length === 0 ? x : applyOne(name, [x], { axes })
  return keepdims ? reshape(out, kept(x.shape, axes)) : out
}
