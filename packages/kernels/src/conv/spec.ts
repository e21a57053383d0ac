import type { FloatDType } from '../dtype.js'
import { lanesOf } from '../gemm/index.js'
import { type WindowSpec, windowKey, windowOutputShape } from './window.js'

/**
 * A two-dimensional convolution: x[n, h, w, c] with filter[kh, kw, c, o] gives out[n, oh, ow, o]; with groups, so many
 * of them, one after the other along a first axis of all three.
 */
export interface Conv2dSpec extends WindowSpec {
  readonly dtype: FloatDType
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  /** Convolutions that are independent of each other; 1 if it is left out. */
  readonly groups?: number
}

/** Sizes that follow from a spec, all but the last one those of a single group. */
export interface Conv2dSizes {
  readonly outHeight: number
  readonly outWidth: number
  /** Elements of a patch, kh·kw·c. */
  readonly patch: number
  /** Output positions of the whole batch. */
  readonly positions: number
  /** The patches are the image itself: 1×1, stride 1, no padding. */
  readonly pointwise: boolean
  readonly groups: number
  /** Of all groups. */
  readonly flops: number
}

/** Sizes of a convolution. */
export function conv2dSizes(spec: Conv2dSpec): Conv2dSizes {
  const [outHeight, outWidth] = windowOutputShape(spec)
  const { batch, inChannels, outChannels, window, stride, padding, groups = 1 } = spec
  for (const size of [batch, inChannels, outChannels, groups])
    if (!Number.isInteger(size) || size < 0)
      throw new RangeError(`conv2d: batch, channels and groups must be whole numbers ≥ 0, got ${size}`)
  const patch = window[0] * window[1] * inChannels
  const positions = batch * outHeight * outWidth
  const pointwise = [...window, ...stride].every(x => x === 1) && padding.flat().every(x => x === 0)
  const flops = 2 * groups * positions * patch * outChannels
  return { outHeight, outWidth, patch, positions, pointwise, groups, flops }
}

/** Key of a kernel of this convolution. */
export function conv2dKey(name: string, spec: Conv2dSpec): string {
  const { dtype, batch, inChannels, outChannels, groups = 1 } = spec
  const own = `${name}:${dtype}:${batch}:${inChannels}-${outChannels}:${windowKey(spec)}`
  return groups === 1 ? own : `${own}:${groups}`
}

/** Bytes of patches in scratch, if a single output position does not need more. */
const BLOCK_BYTES = 196608

/** Output positions that are unfolded at a time: some whole rows, or a part of one. */
export interface PositionBlock {
  readonly rows: number
  readonly columns: number
}

/** The block of output positions for a convolution; depends on the patch and the output's width alone. */
export function positionBlock(spec: Conv2dSpec, { outHeight, outWidth, patch }: Conv2dSizes): PositionBlock {
  const fitting = Math.max(1, Math.floor(BLOCK_BYTES / (patch * lanesOf[spec.dtype].bytes)))
  if (fitting < outWidth) return { rows: 1, columns: Math.max(1, Math.min(fitting, outWidth)) }
  return {
    rows: Math.max(1, Math.min(spec.batch * outHeight, Math.floor(fitting / outWidth))),
    columns: outWidth,
  }
}
