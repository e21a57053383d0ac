import {
  conv2dFilterPullback,
  conv2dInputPullback,
  conv2d as conv2dKernel,
  type FloatDType,
} from '@wengert/kernels'
import { DTypeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, type Params, registerOp } from '../program/index.js'
import { applyOne, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { merged, oneByOne } from './batch.js'
import { outputLength, type WindowOptions, windowOf, windowParams } from './window.js'

// The convolution is bilinear in image x [n,h,w,c] and filter [kh,kw,c,o]; with its two transposes it is closed
// under differentiation:  C(x, f),  X(ct, f) = ∂⟨ct, C(x, f)⟩/∂x,  F(x, ct) = ∂⟨ct, C(x, f)⟩/∂f.

/** What the kernels need, from the avals of image and filter. */
function spec(x: readonly number[], filter: readonly number[], dtype: string, params: Params) {
  const [batch, height, width, inChannels] = x as readonly [number, number, number, number]
  return {
    dtype: dtype as FloatDType,
    batch,
    height,
    width,
    inChannels,
    outChannels: filter[3] as number,
    ...windowOf(params),
  }
}

/** Shape of the result for shapes of image and filter. */
function resultShape(x: readonly number[], filter: readonly number[], params: Params): number[] {
  const { window, stride, padding } = windowOf(params)
  const length = (axis: 0 | 1) =>
    outputLength(x[axis + 1] as number, window[axis], stride[axis], padding[axis])
  return [x[0] as number, length(0), length(1), filter[3] as number]
}

const xShape = (params: Params) => params.x as readonly number[]
const filterShape = (params: Params) => params.filter as readonly number[]

registerOp({
  name: 'conv2d',
  infer: ([x, filter], params) => [
    { dtype: (x as Aval).dtype, shape: resultShape((x as Aval).shape, (filter as Aval).shape, params) },
  ],
  lower: ([x, filter], _out, params) =>
    conv2dKernel(spec((x as Aval).shape, (filter as Aval).shape, (x as Aval).dtype, params)),
})

registerOp({
  name: 'conv2dInputPullback',
  infer: ([ct], params) => [{ dtype: (ct as Aval).dtype, shape: xShape(params) }],
  lower: ([ct, filter], _out, params) =>
    conv2dInputPullback(spec(xShape(params), (filter as Aval).shape, (ct as Aval).dtype, params)),
})

registerOp({
  name: 'conv2dFilterPullback',
  infer: ([, ct], params) => [{ dtype: (ct as Aval).dtype, shape: filterShape(params) }],
  lower: ([x, ct], _out, params) =>
    conv2dFilterPullback(spec((x as Aval).shape, filterShape(params), (ct as Aval).dtype, params)),
})

const C = (x: Tensor, filter: Tensor, params: Params) => applyOne('conv2d', [x, filter], params)
const X = (ct: Tensor, filter: Tensor, params: Params) =>
  applyOne('conv2dInputPullback', [ct, filter], params)
const F = (x: Tensor, ct: Tensor, params: Params) => applyOne('conv2dFilterPullback', [x, ct], params)

defineRule('conv2d', {
  pullback({ inputs: [x, filter], ct, params, wanted }) {
    const shapes = { ...params, x: (x as Tensor).shape, filter: (filter as Tensor).shape }
    return [
      wanted[0] ? X(ct, filter as Tensor, shapes) : undefined,
      wanted[1] ? F(x as Tensor, ct, shapes) : undefined,
    ]
  },
  pushforward: { multilinear: [0, 1] },
  batch: site => (site.batched[1] ? oneByOne('conv2d', site) : merged('conv2d', site, site.params)),
})

defineRule('conv2dInputPullback', {
  pullback: ({ inputs: [inner, filter], ct, params, wanted }) => [
    wanted[0] ? C(ct, filter as Tensor, params) : undefined,
    wanted[1] ? F(ct, inner as Tensor, params) : undefined,
  ],
  pushforward: { multilinear: [0, 1] },
  batch(site) {
    if (site.batched[1]) return oneByOne('conv2dInputPullback', site)
    const [n = 0, ...image] = xShape(site.params)
    return merged('conv2dInputPullback', site, { ...site.params, x: [site.size * n, ...image] })
  },
})

defineRule('conv2dFilterPullback', {
  pullback: ({ inputs: [x, inner], ct, params, wanted }) => [
    wanted[0] ? X(inner as Tensor, ct, params) : undefined,
    wanted[1] ? C(x as Tensor, ct, params) : undefined,
  ],
  pushforward: { multilinear: [0, 1] },
  batch: site => oneByOne('conv2dFilterPullback', site),
})

/**
 * Two-dimensional convolution (cross-correlation, as neural networks use the word).
 *
 * @param x [n, height, width, c]
 * @param filter [rows, columns, c, o]
 * @returns [n, ⌊(height + padding − rows) / stride⌋ + 1, …, o]
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} for operands or options that do not fit.
 * @example
 * const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 3, 3, 1] })
 * const blur = tensor([1, 1, 1, 1], { shape: [2, 2, 1, 1] })
 * reshape(conv2d(x, blur), [2, 2]).toArray() // → [[12, 16], [24, 28]]
 */
export function conv2d(x: Tensor, filter: Tensor, options: WindowOptions = {}): Tensor {
  if (filter.rank !== 4 || (x.rank === 4 && filter.shape[2] !== x.shape[3])) {
    throw new ShapeError({
      summary: `conv2d: channels do not fit: x ${formatAval(x.aval)}, filter ${formatAval(filter.aval)}.`,
      expected: `a filter [rows, columns, ${x.rank === 4 ? x.shape[3] : 'channels'}, out channels]`,
      at: callerLocation(),
    })
  }
  if (filter.dtype !== x.dtype) {
    throw new DTypeError({
      summary: `conv2d: dtypes differ: x ${formatAval(x.aval)}, filter ${formatAval(filter.aval)}.`,
      expected: 'both f32 or both f64',
      at: callerLocation(),
    })
  }
  const [rows, columns] = filter.shape as readonly [number, number, number, number]
  return C(x, filter, { ...windowParams('conv2d', x.aval, [rows, columns], options, [1, 1]) } as Params)
}
