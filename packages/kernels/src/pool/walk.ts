import { dilationOf } from '../conv/index.js'
import { lanesOf } from '../gemm/index.js'
import { type Expr, type FunctionBuilder, type I32, i32, type Local, select, v128 } from '../wasm/index.js'
import { type Pool2dSpec, pool2dSizes } from './spec.js'

type Int = Local<'i32'>

/** One vector of channels of one output position. */
export interface Site {
  /** Byte offset of the vector in the output. */
  readonly out: Int
  /** Lanes in use. */
  readonly live: number
  /** Runs the body for each element of the window that lies in the image, in row-major order. */
  eachTap(body: (tap: Tap) => void): void
}

/** One element of a window. */
export interface Tap {
  /** Byte offset of its vector in the input: a base, and a constant to add. */
  readonly at: Int
  readonly offset: number
  /** Its number in the window, in row-major order. */
  readonly index: I32
  /** Whether it is the first of its window in the image, if that is known when the code is made. */
  readonly first?: boolean
}

/** Fills an array with zeros. */
export function clearAll(f: FunctionBuilder, array: Int, bytes: number): void {
  const [at, end] = [f.local('i32'), f.int(i32.add(array, bytes))]
  f.for(at, array, end, 16, () => f.do(v128.store(at, v128.const(new Uint8Array(16)))))
}

/** Windows of up to so many elements that never meet padding are unrolled. */
const TAPS_UNROLLED = 16

/** Runs the body for each output position and each vector of its channels, in order. */
export function eachSite(f: FunctionBuilder, spec: Pool2dSpec, body: (site: Site) => void): void {
  const { count, bytes } = lanesOf[spec.dtype]
  const { height, width, channels, window, stride, padding, batch } = spec
  const { outHeight, outWidth } = pool2dSizes(spec)
  const pixelBytes = channels * bytes
  const wholeBytes = Math.floor(channels / count) * 16
  const rest = channels % count
  const apart = dilationOf(spec)
  const unrolled = padding.flat().every(pad => pad === 0) && window[0] * window[1] <= TAPS_UNROLLED

  const [image, y, x, channel] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
  const [top, left, out] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [rowBegin, rowEnd, row] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [columnBegin, columnEnd, column] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [at, index, corner] = [f.local('i32'), f.local('i32'), f.local('i32')]

  /** Rows or columns of the window that lie in the image: begin ≤ tap < end. */
  const clip = (begin: Int, end: Int, first: Int, size: number, extent: number, step: number) => {
    /** ⌈distance / step⌉ for distances above 0, and at most 0 for others. */
    const steps = (distance: Expr<'i32'>) =>
      step === 1 ? distance : i32.divS(i32.add(distance, step - 1), step)
    f.set(begin, select(steps(i32.sub(0, first)), i32.const(0), i32.ltS(first, 0)))
    const left = steps(i32.sub(extent, first))
    f.set(end, select(left, i32.const(size), i32.ltS(left, size)))
    f.set(end, select(end, begin, i32.gtS(end, begin)))
  }
  const times = (count: Int, step: number) => (step === 1 ? count : i32.mul(count, step))
  const unrolledTaps = (tap: (tap: Tap) => void) => {
    for (let i = 0; i < window[0]; i++)
      for (let j = 0; j < window[1]; j++)
        tap({
          at: corner,
          offset: (i * apart[0] * width + j * apart[1]) * pixelBytes,
          index: i * window[1] + j,
          first: i + j === 0,
        })
  }
  const clippedTaps = (tap: (tap: Tap) => void) =>
    f.for(row, rowBegin, rowEnd, 1, () => {
      f.set(index, i32.add(i32.mul(row, window[1]), columnBegin))
      f.set(
        at,
        i32.add(
          corner,
          i32.mul(i32.add(i32.mul(row, apart[0] * width), times(columnBegin, apart[1])), pixelBytes),
        ),
      )
      f.for(column, columnBegin, columnEnd, 1, () => {
        tap({ at, offset: 0, index })
        f.increase(at, apart[1] * pixelBytes)
        f.increase(index, 1)
      })
    })
  const site = (live: number) => body({ out, live, eachTap: unrolled ? unrolledTaps : clippedTaps })

  const imageBytes = height * width * pixelBytes
  f.set(out, i32.const(0))
  f.set(image, i32.const(0))
  const images = f.local('i32')
  f.for(images, 0, batch, 1, () => {
    f.for(y, 0, outHeight, 1, () => {
      f.set(top, i32.sub(i32.mul(y, stride[0]), padding[0][0]))
      clip(rowBegin, rowEnd, top, window[0], height, apart[0])
      f.for(x, 0, outWidth, 1, () => {
        f.set(left, i32.sub(i32.mul(x, stride[1]), padding[1][0]))
        clip(columnBegin, columnEnd, left, window[1], width, apart[1])
        f.set(corner, i32.add(image, i32.mul(i32.add(i32.mul(top, width), left), pixelBytes)))
        f.for(channel, 0, wholeBytes, 16, () => {
          site(count)
          f.increase(out, 16)
          f.increase(corner, 16)
        })
        if (rest > 0) {
          site(rest)
          f.increase(out, rest * bytes)
        }
      })
    })
    f.increase(image, imageBytes)
  })
}
