import { argExtreme } from '@wengert/kernels'
import { ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions } from '../options.js'
import { type Aval, formatAval, registerOp } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { normalizeAxis } from './axes.js'
import { convert } from './convert.js'
import type { ReduceOptions } from './reduce.js'
import { REDUCE_OPTIONS } from './reduce.js'
import { max, min } from './reduction.js'
import { reshape } from './shape.js'

/**
 * Whether any element along axes is true, that is, not 0; false of nothing. NaN is not 0.
 *
 * @example
 * any(tensor([[true, false], [false, false]]), { axis: 1 }).toArray() // → [true, false]
 */
export const any = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  checkTensor('any', 'x', x)
  return max(convert(x, 'bool'), checkOptions('any', options, REDUCE_OPTIONS))
}

/**
 * Whether all elements along axes are true, that is, not 0; true of nothing. NaN is not 0.
 *
 * @example
 * all(tensor([[true, false], [true, true]]), { axis: 1 }).toArray() // → [false, true]
 */
export const all = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  checkTensor('all', 'x', x)
  return min(convert(x, 'bool'), checkOptions('all', options, REDUCE_OPTIONS))
}

/** Where an extreme is looked for. */
export interface ArgOptions {
  /** Default: the last axis. */
  readonly axis?: number
  readonly keepdims?: boolean
}

function defineArg(name: 'argmax' | 'argmin', kind: 'max' | 'min'): void {
  registerOp({
    name,
    infer([x], { axis }) {
      const { shape } = x as Aval
      if (shape[axis as number] !== 0) return [{ dtype: 'i32', shape: shape.toSpliced(axis as number, 1) }]
      throw new ShapeError({
        summary: `${name}: there is nothing along axis ${axis} of ${formatAval(x as Aval)}.`,
        expected: 'at least one element',
        at: callerLocation(),
      })
    },
    lower: ([x], _out, params) =>
      argExtreme({
        kind,
        ...(x as { dtype: 'f32'; shape: readonly number[] }),
        axis: params.axis as number,
      }),
  })
  defineRule(name, {
    pullback: 'zero',
    batch: ({ inputs, params }) => applyOne(name, inputs, { axis: (params.axis as number) + 1 }),
  })
}

function arg(name: 'argmax' | 'argmin', x: Tensor, options: ArgOptions): Tensor {
  const { axis = -1, keepdims = false } = checkOptions(name, options, REDUCE_OPTIONS)
  const along = normalizeAxis(name, x.aval, axis)
  const out = applyOne(name, [x.dtype === 'bool' ? convert(x, 'i32') : x], { axis: along })
  return keepdims ? reshape(out, x.shape.with(along, 1)) : out
}

defineArg('argmax', 'max')
defineArg('argmin', 'min')

/**
 * Index, as i32, of the largest element along an axis (the last by default): the first of equal ones, and the first
 * NaN if there is one.
 *
 * @throws {@link OptionError} for an axis that is not there; {@link ShapeError} if there is nothing along it.
 * @example
 * argmax(tensor([[1, 5, 5], [4, 3, 2]])).toArray() // → [1, 0]
 */
export const argmax = (x: Tensor, options: ArgOptions = {}): Tensor => {
  checkTensor('argmax', 'x', x)
  return arg('argmax', x, options)
}

/**
 * Index, as i32, of the smallest element along an axis (the last by default): the first of equal ones, and the first
 * NaN if there is one.
 *
 * @throws {@link OptionError} for an axis that is not there; {@link ShapeError} if there is nothing along it.
 * @example
 * argmin(tensor([[1, 5, 1], [4, 3, 2]])).toArray() // → [0, 2]
 */
export const argmin = (x: Tensor, options: ArgOptions = {}): Tensor => {
  checkTensor('argmin', 'x', x)
  return arg('argmin', x, options)
}
