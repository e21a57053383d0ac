/**
 * Convolutions of one channel into one, as groups of depthwise convolutions are: vectors lie along the output's rows, and
 * each element of the window is a number for all lanes. The order of a sum is that of the window's elements; the sum
 * over positions of the filter's cotangent is taken lane by lane, band by band.
 */
import type { FloatDType } from '../dtype.js'
import { lanesOf } from '../gemm/index.js'
import type { KernelContext } from '../kernel.js'
import { type Expr, type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { eachBand, planBands } from './band.js'
import { type Direct, emitTurn, evenParts, turnedSpec } from './direct.js'
import { type Conv2dSpec, conv2dSizes } from './spec.js'
import { dilationOf } from './window.js'

type Int = Local<'i32'>
type V = Local<'v128'>

/** Sums at a time: enough to hide the latency of one, few enough for the registers. */
const SUMS = 8
/** Windows with more elements than this would make long code. */
const MOST_TAPS = 49

/** Whether a convolution is one that this file is for. */
export function isStencil({ inChannels, outChannels, window, stride }: Conv2dSpec): boolean {
  return inChannels === 1 && outChannels === 1 && stride[1] === 1 && window[0] * window[1] <= MOST_TAPS
}

/** Row and column in the band, in bytes, of each element of the window. */
function tapsOf(spec: Conv2dSpec): readonly number[] {
  const { bytes } = lanesOf[spec.dtype]
  const [down, right] = dilationOf(spec)
  const { rowBytes } = planBands(spec)
  const [rows, columns] = spec.window
  return Array.from({ length: rows * columns }, (_, tap) => {
    const [i, j] = [Math.floor(tap / columns), tap % columns]
    return i * down * rowBytes + j * right * bytes
  })
}

/** out = conv(x, filter). */
export function stencilValue(spec: Conv2dSpec): Direct {
  const { scratchBytes } = planBands(spec)
  return { scratchBytes, emit: (context, operands, scratch) => emitValue(context, spec, operands, scratch) }
}

function emitValue(
  { module, f }: KernelContext,
  spec: Conv2dSpec,
  [x, filter, out]: readonly [Int, Int, Int],
  scratch: Int,
): void {
  const lanes = lanesOf[spec.dtype]
  const { outWidth } = conv2dSizes(spec)
  const taps = tapsOf(spec)
  const inputStep = spec.stride[0] * planBands(spec).rowBytes
  const outStep = outWidth * lanes.bytes
  const vectors = Math.ceil(outWidth / lanes.count)
  // Several rows at a time only if each of them fits: then what is written past a row is overwritten by the next one.
  const together = Math.max(1, Math.floor(SUMS / vectors))
  const [y, input, left] = [f.int(out), f.local('i32'), f.local('i32')]

  const block = (rows: number, first: number, count: number) => {
    const at = (row: number, vector: number) => row * inputStep + (first + vector) * 16
    const sums = Array.from({ length: rows * count }, () => f.local(v128.const(new Uint8Array(16))))
    taps.forEach((tap, k) => {
      const factor = f.local(lanes.splat(filter, k * lanes.bytes))
      sums.forEach((sum, s) => {
        const values = v128.load(input, at(Math.floor(s / count), s % count) + tap)
        f.set(sum, lanes.madd(values, factor, sum, module.features.fma))
      })
    })
    sums.forEach((sum, s) => {
      f.do(v128.store(y, sum, Math.floor(s / count) * outStep + (first + (s % count)) * 16))
    })
  }
  const rowsAtOnce = (rows: number) => {
    for (const { first, count } of evenParts(vectors, SUMS)) block(rows, first, count)
    f.increase(input, rows * inputStep)
    f.increase(y, rows * outStep)
    f.increase(left, -rows)
  }
  eachBand(f, module, spec, { image: x, scratch }, band => {
    f.set(input, band.input)
    f.set(left, band.rows)
    if (together > 1) f.while(i32.geU(left, together), () => rowsAtOnce(together))
    f.while(left, () => rowsAtOnce(1))
  })
}

/** dx = conv(padded ct, turned filter), or null where strides leave holes. */
export function stencilInputPullback(spec: Conv2dSpec): Direct | null {
  const turned = turnedSpec(spec)
  if (!turned) return null
  const value = stencilValue(turned)
  const { bytes } = lanesOf[spec.dtype]
  const filterBytes = Math.ceil((conv2dSizes(spec).patch * bytes) / 16) * 16
  return {
    scratchBytes: filterBytes + value.scratchBytes,
    emit(context, [ct, filter, dx], scratch) {
      emitTurn(context, spec, filter, scratch)
      value.emit(context, [ct, scratch, dx], context.f.int(i32.add(scratch, filterBytes)))
    },
  }
}

/** dfilter = Σ x·ct over positions. */
export function stencilFilterPullback(spec: Conv2dSpec): Direct {
  const { scratchBytes } = planBands(spec)
  return {
    scratchBytes,
    emit: (context, operands, scratch) => emitFilterPullback(context, spec, operands, scratch),
  }
}

function emitFilterPullback(
  { module, f }: KernelContext,
  spec: Conv2dSpec,
  [x, ct, dfilter]: readonly [Int, Int, Int],
  scratch: Int,
): void {
  const { dtype } = spec
  const lanes = lanesOf[dtype]
  const { outWidth } = conv2dSizes(spec)
  const taps = tapsOf(spec)
  const inputStep = spec.stride[0] * planBands(spec).rowBytes
  const outStep = outWidth * lanes.bytes
  const whole = Math.floor(outWidth / lanes.count)
  const rest = outWidth % lanes.count
  const [y, input, row] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [from, to, end] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const start = f.int(ct)
  const sums = Array.from({ length: SUMS + 1 }, () => f.local('v128'))
  const total = f.local('v128')

  const alongRow = (step: (load: (address: Int, offset: number) => Expr<'v128'>) => void) => {
    f.set(from, input)
    f.set(to, y)
    const plain = () => step((address, offset) => v128.load(address, offset))
    if (whole > 0) {
      f.set(end, i32.add(to, whole * 16))
      f.for(to, to, end, 16, () => {
        plain()
        f.increase(from, 16)
      })
    }
    // Lanes past the row may hold anything, infinities too.
    if (rest > 0) step((address, offset) => firstLanes(f, dtype, v128.load(address, offset), rest))
  }

  eachBand(f, module, spec, { image: x, scratch }, band => {
    const add = f.int(i32.ne(band.before, 0))
    for (const { first, count } of evenParts(taps.length, SUMS + 1)) {
      const own = taps.slice(first, first + count)
      f.set(input, band.input)
      f.set(y, start)
      for (const sum of sums.slice(0, count)) f.set(sum, v128.const(new Uint8Array(16)))
      f.for(row, 0, band.rows, 1, () => {
        alongRow(load => {
          const values = f.local(load(to, 0))
          own.forEach((tap, k) => {
            const sum = sums[k] as V
            f.set(sum, lanes.madd(load(from, tap), values, sum, module.features.fma))
          })
        })
        f.increase(input, inputStep)
        f.increase(y, outStep)
      })
      own.forEach((_, k) => {
        const offset = (first + k) * lanes.bytes
        f.set(total, acrossLanes(f, dtype, sums[k] as V))
        f.if(add, () => f.set(total, lanes.add(lanes.splat(dfilter, offset), total)))
        f.do(lanes.storeLane(dfilter, total, 0, offset))
      })
    }
    f.increase(start, i32.mul(band.rows, outStep))
  })
}

/** The first `live` lanes of a vector, and zeros. */
function firstLanes(f: FunctionBuilder, dtype: FloatDType, vector: Expr<'v128'>, live: number): Expr<'v128'> {
  const mask = new Uint8Array(16).fill(255, 0, live * lanesOf[dtype].bytes)
  return v128.and(vector, f.constant(`v128:${mask}`, v128.const(mask)))
}

/** The sum of the lanes, (a + c) + (b + d), in the first of them. */
export function acrossLanes(f: FunctionBuilder, dtype: FloatDType, sum: V): Expr<'v128'> {
  const lanes = lanesOf[dtype]
  const turned = (vector: V, by: number) =>
    v128.shuffle(
      vector,
      vector,
      Array.from({ length: 16 }, (_, byte) => (byte + by) % 16),
    )
  const pairs = f.local(lanes.add(sum, turned(sum, 8)))
  return lanes.count === 2 ? pairs : lanes.add(pairs, turned(pairs, 4))
}
