import { convert as convertKernel, type DType, elementBytes, type V } from '@wengert/kernels'
import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument } from '../options.js'
import { type Aval, formatAval, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, fromData, isDifferentiable, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { equal } from './comparison.js'
import { reshape } from './shape.js'

registerOp({
  name: 'convert',
  infer: ([x], params) => [{ dtype: params.dtype as DType, shape: (x as Aval).shape }],
  lower: ([x], [out]) =>
    convertKernel({ from: (x as Aval).dtype, to: (out as Aval).dtype, size: sizeOf((x as Aval).shape) }),
  element([x], { dtype: to }) {
    const from = (x as Aval).dtype
    // Vectors of f64 have other lanes than those of other numbers.
    if ((from === 'f64') !== (to === 'f64') && from !== 'bool' && to !== 'bool') return undefined
    return { name: `convert:${from}`, algebra: to, body: (m, value) => m.from(from, value as V) }
  },
})
defineRule('convert', {
  pullback: ({ inputs: [x], ct }) => [
    isDifferentiable(x as Tensor) ? convert(ct, (x as Tensor).dtype) : undefined,
  ],
  pushforward: 'linear',
  batch: ({ inputs: [x], params }) => convert(x as Tensor, params.dtype as DType),
})

/**
 * The same numbers in another dtype. Floats become i32 by dropping the fraction (saturating, NaN to 0) and bool by
 * being ≠ 0; bools become 0 and 1.
 *
 * @example
 * convert(tensor([1.7, -1.7]), 'i32').toArray() // → [1, -1]
 */
export const convert = (x: Tensor, dtype: DType): Tensor => {
  checkTensor('convert', 'x', x)
  const isDType = typeof dtype === 'string' && Object.hasOwn(elementBytes, dtype)
  checkArgument('convert', 'the dtype', dtype, isDType, Object.keys(elementBytes).join(', '))
  return x.dtype === dtype ? x : applyOne('convert', [x], { dtype })
}

/**
 * One-hot vectors along a new last axis: 1 at the index, 0 elsewhere; all 0 for an index outside of 0 … depth − 1.
 *
 * @param labels i32[...]
 * @returns [..., depth]
 * @throws {@link DTypeError} unless the labels are i32.
 * @example
 * oneHot(tensor([0, 2], { dtype: 'i32' }), 3).toArray() // → [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(labels: Tensor, depth: number, dtype: DType = 'f32'): Tensor {
  checkTensor('oneHot', 'labels', labels)
  if (labels.dtype !== 'i32') {
    throw new DTypeError({
      summary: `oneHot: labels are ${formatAval(labels.aval)}.`,
      expected: 'indices of dtype i32',
      at: callerLocation(),
      fix: "tensor(labels, { dtype: 'i32' })",
    })
  }
  const classes = fromData(
    { dtype: 'i32', shape: [depth] },
    Int32Array.from({ length: depth }, (_, k) => k),
  )
  return convert(equal(reshape(labels, [...labels.shape, 1]), classes), dtype)
}
