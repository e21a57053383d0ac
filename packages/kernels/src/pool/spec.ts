import { dilationOf, type WindowSpec, windowKey, windowOutputShape } from '../conv/index.js'
import type { FloatDType } from '../dtype.js'
import type { Kernel, KernelContext } from '../kernel.js'

/** Pooling of x[n, h, w, c] to out[n, oh, ow, c]. */
export interface Pool2dSpec extends WindowSpec {
  readonly dtype: FloatDType
  readonly batch: number
  readonly channels: number
}

/** Sizes that follow from a spec. */
export interface Pool2dSizes {
  readonly outHeight: number
  readonly outWidth: number
  /** Elements of the input and of the output. */
  readonly inElements: number
  readonly outElements: number
}

/** Sizes of a pooling. */
export function pool2dSizes(spec: Pool2dSpec): Pool2dSizes {
  const [outHeight, outWidth] = windowOutputShape(spec)
  const { batch, channels, height, width } = spec
  for (const size of [batch, channels])
    if (!Number.isInteger(size) || size < 0)
      throw new RangeError(`pooling: batch and channels must be whole numbers ≥ 0, got ${size}`)
  return {
    outHeight,
    outWidth,
    inElements: batch * height * width * channels,
    outElements: batch * outHeight * outWidth * channels,
  }
}

/** Whether each element of the image lies in exactly one window. */
export const isTiled = (spec: Pool2dSpec): boolean =>
  [spec.height, spec.width].every((size, axis) => {
    const [window, stride, dilation] = [spec.window[axis], spec.stride[axis], dilationOf(spec)[axis]]
    const alone = window === stride && (dilation === 1 || window === 1) && size % (window as number) === 0
    return alone && spec.padding[axis]?.every(pad => pad === 0) === true
  })

/** Key of a kernel of this pooling. */
const pool2dKey = (name: string, spec: Pool2dSpec): string =>
  `${name}:${spec.dtype}:${spec.batch}:${spec.channels}:${windowKey(spec)}`

/** A kernel of a pooling. */
export function pooling(
  name: string,
  spec: Pool2dSpec,
  inputs: number,
  emit: (context: KernelContext) => void,
): Kernel {
  const { outElements } = pool2dSizes(spec)
  return {
    key: pool2dKey(name, spec),
    inputs,
    outputs: 1,
    scratchBytes: 0,
    flops: outElements * spec.window[0] * spec.window[1],
    emit,
  }
}
