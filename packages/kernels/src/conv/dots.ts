/**
 * Cotangents of images of few channels: each element is the inner product of the cotangents that saw it with the filter turned
 * by half a turn, and both lie in runs, one for each row of the window. Vectors lie along these runs, so they are full however
 * few channels the image has; their lanes are added at the end.
 */
import { lanesOf } from '../gemm/index.js'
import type { KernelContext } from '../kernel.js'
import { type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { eachBand, planBands } from './band.js'
import { type Direct, FILTER_BYTES, jumpOf, turnedSpec } from './direct.js'
import { type Conv2dSpec, conv2dSizes } from './spec.js'
import { acrossLanes } from './stencil.js'
import { dilationOf } from './window.js'

type Int = Local<'i32'>

/** With more channels of the image its vectors are full enough. */
const MOST_CHANNELS = 3
/** More products of zeros around the cotangent cost more than folding. */
const MOST_WASTED = 0.7
/** Sums at a time: enough to hide the latency of one, few enough for the registers. */
const SUMS = 9
/** Vectors of a run that are unrolled, if they divide it. */
const UNROLLED = [5, 4, 3, 2, 1]

/** dx as inner products, or null where this is not the better way. */
export function dotsInputPullback(spec: Conv2dSpec): Direct | null {
  const { inChannels, outChannels, window, dtype } = spec
  const { bytes, count } = lanesOf[dtype]
  const turned = turnedSpec(spec)
  const filterBytes = Math.ceil((conv2dSizes(spec).patch * outChannels * bytes + 16) / 16) * 16
  if (!turned || inChannels > MOST_CHANNELS || filterBytes > FILTER_BYTES) return null
  const straight = dilationOf(spec)[1] === 1 || window[1] === 1
  if (!straight || (window[1] * outChannels) % count !== 0) return null
  const { outHeight, outWidth } = conv2dSizes(spec)
  if (outHeight * outWidth < (1 - MOST_WASTED) * spec.height * spec.width) return null
  return {
    scratchBytes: filterBytes + planBands(turned).scratchBytes,
    emit(context, [ct, filter, dx], scratch) {
      emitTurnedChannels(context, spec, filter, scratch)
      const band = context.f.int(i32.add(scratch, filterBytes))
      emitDots(context, turned, [ct, scratch, dx], band)
    },
  }
}

/** Copies a filter [kh, kw, c, o] as [c, −kh, −kw, o]. */
function emitTurnedChannels(
  { f }: KernelContext,
  { inChannels, outChannels, window, dtype }: Conv2dSpec,
  filter: Int,
  to: Int,
): void {
  const lanes = lanesOf[dtype]
  const taps = window[0] * window[1]
  const tapBytes = outChannels * lanes.bytes
  const [from, target] = [f.int(filter), f.int(i32.add(to, (taps - 1) * tapBytes))]
  const [at, channel] = [f.local('i32'), f.local('i32')]
  f.for(f.local('i32'), 0, taps, 1, () => {
    f.for(channel, 0, inChannels, 1, () => {
      f.set(at, i32.add(target, i32.mul(channel, taps * tapBytes)))
      f.for(f.local('i32'), 0, outChannels, 1, () => {
        f.do(lanes.storeLane(at, lanes.splat(from), 0))
        f.increase(from, lanes.bytes)
        f.increase(at, lanes.bytes)
      })
    })
    f.increase(target, -tapBytes)
  })
}

/** out[position, c] = Σ x·filter[c] over the window, of a spec whose output has few channels. */
function emitDots(
  { module, f }: KernelContext,
  spec: Conv2dSpec,
  [x, filter, out]: readonly [Int, Int, Int],
  scratch: Int,
): void {
  const { inChannels, outChannels: channels, dtype } = spec
  const { bytes } = lanesOf[dtype]
  const { outWidth } = conv2dSizes(spec)
  const { rowBytes } = planBands(spec)
  const most = Math.min(outWidth, Math.floor(SUMS / channels))
  const [y, input, row, at] = [f.int(out), f.local('i32'), f.local('i32'), f.local('i32')]
  const positions = (count: number) => {
    emitPositions(f, spec, { x: at, filter, y, count, fused: module.features.fma })
    f.increase(at, count * inChannels * bytes)
    f.increase(y, count * channels * bytes)
  }
  eachBand(f, module, spec, { image: x, scratch }, band => {
    f.set(input, band.input)
    f.for(row, 0, band.rows, 1, () => {
      f.set(at, input)
      f.for(f.local('i32'), 0, Math.floor(outWidth / most), 1, () => positions(most))
      if (outWidth % most > 0) positions(outWidth % most)
      f.increase(input, rowBytes)
    })
  })
}

interface Positions {
  readonly x: Int
  readonly filter: Int
  readonly y: Int
  /** So many positions of a row, one after another. */
  readonly count: number
  readonly fused: boolean
}

function emitPositions(
  f: FunctionBuilder,
  spec: Conv2dSpec,
  { x, filter, y, count, fused }: Positions,
): void {
  const { inChannels, outChannels: channels, window, dtype } = spec
  const lanes = lanesOf[dtype]
  const pixelBytes = inChannels * lanes.bytes
  const run = window[1] * pixelBytes
  const vectors = run / 16
  const unrolled = UNROLLED.find(number => vectors % number === 0) as number
  const sums = Array.from({ length: count * channels }, () => f.local(v128.const(new Uint8Array(16))))
  const [from, factors] = [f.int(x), f.int(filter)]
  f.for(f.local('i32'), 0, window[0], 1, () => {
    f.for(f.local('i32'), 0, vectors / unrolled, 1, () => {
      for (let vector = 0; vector < unrolled; vector++) {
        const own = Array.from({ length: channels }, (_, channel) =>
          f.local(v128.load(factors, channel * window[0] * run + 16 * vector)),
        )
        for (let position = 0; position < count; position++) {
          const values = f.local(v128.load(from, position * pixelBytes + 16 * vector))
          own.forEach((factor, channel) => {
            const sum = sums[position * channels + channel] as Local<'v128'>
            f.set(sum, lanes.madd(values, factor, sum, fused))
          })
        }
      }
      f.increase(from, 16 * unrolled)
      f.increase(factors, 16 * unrolled)
    })
    f.increase(from, jumpOf(spec) - run)
  })
  sums.forEach((sum, k) => {
    f.do(lanes.storeLane(y, acrossLanes(f, dtype, sum), 0, k * lanes.bytes))
  })
}
