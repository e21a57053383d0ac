// The convolution is bilinear in image x [n,h,w,c] and filter [kh,kw,c,o]; with its two transposes it is closed
// under differentiation:  C(x, f),  X(ct, f) = ∂⟨ct, C(x, f)⟩/∂x,  F(x, ct) = ∂⟨ct, C(x, f)⟩/∂f.
// All operands may have one more axis in front: as many convolutions that are independent of each other. Groups of
// channels are brought into this form, and a batch of images and filters has it already.
import {
  type Conv2dSpec,
  conv2dFilterPullback,
  conv2dInputPullback,
  conv2d as conv2dKernel,
  type FloatDType,
  type Kernel,
} from '@wengert/kernels'
import { type Aval, type Params, registerOp } from '../program/index.js'
import { applyOne, type Tensor } from '../record/index.js'
import { type BatchSite, defineRule } from '../rules/index.js'
import { allBatched, merged } from './batch.js'
import { reshape, transpose } from './shape.js'
import { outputLengths, windowOf } from './window.js'

type Shape = readonly number[]

/** What the kernels need, from the shapes of image and filter. */
function spec(x: Shape, filter: Shape, dtype: string, params: Params): Conv2dSpec {
  const [batch, height, width, inChannels] = x.slice(-4) as [number, number, number, number]
  return {
    dtype: dtype as FloatDType,
    batch,
    height,
    width,
    inChannels,
    outChannels: filter.at(-1) as number,
    ...windowOf(params),
    ...(x.length === 5 ? { groups: x[0] as number } : {}),
  }
}

/** Shape of the result for shapes of image and filter. */
const resultShape = (x: Shape, filter: Shape, params: Params): number[] => [
  ...x.slice(0, -3),
  ...outputLengths(x.slice(-3, -1), windowOf(params)),
  filter.at(-1) as number,
]

const xShape = (params: Params) => params.x as Shape
const filterShape = (params: Params) => params.filter as Shape

/** Registers one of the three: its result, and its kernel from the shapes of image and filter. */
function register(
  name: string,
  kernel: (spec: Conv2dSpec) => Kernel,
  shapes: (first: Shape, second: Shape, params: Params) => { x: Shape; filter: Shape; out: Shape },
): void {
  registerOp({
    name,
    infer: ([a, b], params) => [
      { dtype: (a as Aval).dtype, shape: shapes((a as Aval).shape, (b as Aval).shape, params).out },
    ],
    lower([a, b], _out, params) {
      const { x, filter } = shapes((a as Aval).shape, (b as Aval).shape, params)
      return kernel(spec(x, filter, (a as Aval).dtype, params))
    },
  })
}

register('conv2d', conv2dKernel, (x, filter, params) => ({ x, filter, out: resultShape(x, filter, params) }))
register('conv2dInputPullback', conv2dInputPullback, (_ct, filter, params) => ({
  x: xShape(params),
  filter,
  out: xShape(params),
}))
register('conv2dFilterPullback', conv2dFilterPullback, (x, _ct, params) => ({
  x,
  filter: filterShape(params),
  out: filterShape(params),
}))

/** What an instruction is recorded with: the window, and the shape that its operands do not tell. */
const recorded = (params: Params, shapes: { x?: Shape; filter?: Shape } = {}) =>
  ({ ...windowOf(params), ...shapes }) as unknown as Params

/** C(x, f), recorded with a window worked out. */
export const convolve = (x: Tensor, filter: Tensor, params: Params): Tensor =>
  applyOne('conv2d', [x, filter], recorded(params))

/** X(ct, f), which is a convolution transposed, for an image of this shape. */
export const convolveTransposed = (ct: Tensor, filter: Tensor, params: Params, x: Shape): Tensor =>
  applyOne('conv2dInputPullback', [ct, filter], recorded(params, { x }))

/** F(x, ct) for a filter of this shape. */
const correlate = (x: Tensor, ct: Tensor, params: Params, filter: Shape) =>
  applyOne('conv2dFilterPullback', [x, ct], recorded(params, { filter }))

/** [a, b, c, g·d] as [g, a, b, c, d]; of no groups at all, d must be told. */
export function splitLast(x: Tensor, groups: number, own = (x.shape[3] as number) / groups): Tensor {
  const [a, b, c] = x.shape as readonly [number, number, number]
  return transpose(reshape(x, [a, b, c, groups, own]), [3, 0, 1, 2, 4])
}

/** [g, a, b, c, d] as [a, b, c, g·d]. */
export function joinLast(x: Tensor): Tensor {
  const [groups, a, b, c, channels] = x.shape as readonly [number, number, number, number, number]
  return reshape(transpose(x, [1, 2, 3, 0, 4]), [a, b, c, groups * channels])
}

/** [g, a, b, c, d] as [a, b, g·c, d]. */
function joinThird(x: Tensor): Tensor {
  const [groups, a, b, c, d] = x.shape as readonly [number, number, number, number, number]
  return reshape(transpose(x, [1, 2, 0, 3, 4]), [a, b, groups * c, d])
}

/** [a, b, g·c, d] as [g, a, b, c, d]. */
function splitThird(x: Tensor, groups: number, own: number): Tensor {
  const [a, b, , d] = x.shape as readonly [number, number, number, number]
  return transpose(reshape(x, [a, b, groups, own, d]), [2, 0, 1, 3, 4])
}

/** With a batch in front of the shape that an instruction was recorded with, if it was. */
function inFront(params: Params, size: number): Params {
  const { x, filter } = params as { x?: Shape; filter?: Shape }
  return { ...params, ...(x && { x: [size, ...x] }), ...(filter && { filter: [size, ...filter] }) }
}

/** Convolutions that are many already become as many times more. */
function moreGroups(op: string, site: BatchSite): Tensor {
  const { x, filter } = site.params as { x?: Shape; filter?: Shape }
  const times = ([groups = 1, ...rest]: Shape) => [site.size * groups, ...rest]
  const params = { ...site.params, ...(x && { x: times(x) }), ...(filter && { filter: times(filter) }) }
  return merged(op, allBatched(site), params)
}

/** Rule of `batch` of the three: `shared` serves the cases with one operand in common and no groups yet. */
const batched =
  (op: string, shared: (site: BatchSite) => Tensor) =>
  (site: BatchSite): Tensor => {
    const { inputs, batched, size, params } = site
    if ((inputs[0] as Tensor).rank === (batched[0] ? 6 : 5)) return moreGroups(op, site)
    return batched[0] && batched[1] ? applyOne(op, inputs, inFront(params, size)) : shared(site)
  }

defineRule('conv2d', {
  pullback: ({ inputs: [x, filter], ct, params, wanted }) => [
    wanted[0] ? convolveTransposed(ct, filter as Tensor, params, (x as Tensor).shape) : undefined,
    wanted[1] ? correlate(x as Tensor, ct, params, (filter as Tensor).shape) : undefined,
  ],
  pushforward: { multilinear: [0, 1] },
  batch: batched('conv2d', site => {
    if (site.batched[0]) return merged('conv2d', site, site.params)
    // The filters of one image lie side by side.
    const [x, filters] = site.inputs as [Tensor, Tensor]
    return splitLast(convolve(x, joinLast(filters), site.params), site.size, filters.shape[4])
  }),
})

defineRule('conv2dInputPullback', {
  pullback: ({ inputs: [inner, filter], ct, params, wanted }) => [
    wanted[0] ? convolve(ct, filter as Tensor, params) : undefined,
    wanted[1] ? correlate(ct, inner as Tensor, params, (filter as Tensor).shape) : undefined,
  ],
  pushforward: { multilinear: [0, 1] },
  batch: batched('conv2dInputPullback', site => {
    const { params, size } = site
    const [n, height, width, channels] = xShape(params) as [number, number, number, number]
    if (site.batched[0])
      return merged('conv2dInputPullback', site, { ...params, x: [size * n, height, width, channels] })
    const [ct, filters] = site.inputs as [Tensor, Tensor]
    const wide = [n, height, width, size * channels]
    return splitLast(convolveTransposed(ct, joinThird(filters), params, wide), size, channels)
  }),
})

defineRule('conv2dFilterPullback', {
  pullback: ({ inputs: [x, inner], ct, params, wanted }) => [
    wanted[0] ? convolveTransposed(inner as Tensor, ct, params, (x as Tensor).shape) : undefined,
    wanted[1] ? convolve(x as Tensor, ct, params) : undefined,
  ],
  pushforward: { multilinear: [0, 1] },
  batch: batched('conv2dFilterPullback', site => {
    const { params, size } = site
    const [x, ct] = site.inputs as [Tensor, Tensor]
    const [rows, columns, channels, outs] = filterShape(params) as [number, number, number, number]
    if (site.batched[0]) {
      const wide = [rows, columns, size * channels, outs]
      return splitThird(correlate(joinLast(x), ct, params, wide), size, channels)
    }
    const wide = [rows, columns, channels, size * outs]
    return splitLast(correlate(x, joinLast(ct), params, wide), size, outs)
  }),
})
