/**
 * Max pooling with a definite position for every maximum: the first in row-major order of the window, where a NaN
 * is greater than every number. The pullback and the pushforward find that position again, so nothing is kept.
 */
import { lanesOf, storePart } from '../gemm/index.js'
import type { Kernel } from '../kernel.js'
import {
  type Expr,
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  v128,
} from '../wasm/index.js'
import { isTiled, type Pool2dSpec, pool2dSizes, pooling } from './spec.js'
import { clearAll, eachSite, type Site, type Tap } from './walk.js'

type V = Local<'v128'>
type Int = Local<'i32'>

const vectorBytes = (fill: (view: DataView) => void): Uint8Array => {
  const view = new DataView(new ArrayBuffer(16))
  fill(view)
  return new Uint8Array(view.buffer)
}

/** −∞ in every lane. */
const minusInfinity = {
  f32: vectorBytes(view => {
    for (let at = 0; at < 16; at += 4) view.setFloat32(at, Number.NEGATIVE_INFINITY, true)
  }),
  f64: vectorBytes(view => {
    for (let at = 0; at < 16; at += 8) view.setFloat64(at, Number.NEGATIVE_INFINITY, true)
  }),
}
const ones = new Uint8Array(16).fill(0xff)

/**
 * Prepares a search for the maximum of a site's window, which leaves it in `best`. `taken` hears of every tap with the
 * mask of the lanes where it is greater than all before it, or the first.
 */
function maxSearch(f: FunctionBuilder, { dtype }: Pool2dSpec, x: Int) {
  const lanes = dtype === 'f32' ? f32x4 : f64x2
  const [best, unset, value, mask] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')]
  const least = f.local(v128.const(minusInfinity[dtype]))
  const all = f.local(v128.const(ones))
  const none = f.local(v128.const(new Uint8Array(16)))
  const search = (site: Site, taken: (tap: Tap, mask: V) => void = () => {}) => {
    f.set(best, least)
    f.set(unset, all)
    site.eachTap(tap => {
      f.set(value, v128.load(i32.add(x, tap.at), tap.offset))
      if (tap.first) {
        f.set(best, value)
        taken(tap, all)
        return
      }
      // ¬(value ≤ best) ∧ best = best: greater, or NaN after numbers.
      f.set(mask, v128.andnot(lanes.eq(best, best), lanes.le(value, best)))
      if (tap.first === undefined) {
        f.set(mask, v128.or(mask, unset))
        f.set(unset, none)
      }
      f.set(best, v128.bitselect(value, best, mask))
      taken(tap, mask)
    })
  }
  return { best, none, search }
}

/**
 * out[n, oh, ow, c] = max of x over the window; padding counts as −∞ and NaN propagates. Input x[n, h, w, c].
 *
 * @throws RangeError if a size is not a whole number ≥ 0, or a window or a stride is not ≥ 1.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 4, width: 4, channels: 3 }
 * const halving = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] }
 * maxPool2d({ ...image, ...halving }).flops // → 48
 */
export function maxPool2d(spec: Pool2dSpec): Kernel {
  return pooling('max-pool', spec, 1, ({ f, inputs, outputs }) => {
    const [x, out] = [f.int(inputs[0] ?? 0), f.int(outputs[0] ?? 0)]
    const { best, search } = maxSearch(f, spec, x)
    eachSite(f, spec, site => {
      search(site)
      storePart(f, lanesOf[spec.dtype], i32.add(out, site.out), best, site.live)
    })
  })
}

/**
 * Cotangent of the input of {@link maxPool2d}: inputs x[n, h, w, c] and ct[n, oh, ow, c], output dx[n, h, w, c]. Of
 * equal maxima the first in row-major order of the window gets the cotangent; a NaN counts as the maximum. A window
 * that lies in the padding passes nothing on.
 *
 * @throws RangeError as {@link maxPool2d} does.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 4, width: 4, channels: 3 }
 * const halving = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] }
 * maxPool2dPullback({ ...image, ...halving }).inputs // → 2
 */
export function maxPool2dPullback(spec: Pool2dSpec): Kernel {
  const lanes = lanesOf[spec.dtype]
  return pooling('max-pool-pullback', spec, 2, ({ f, inputs, outputs }) => {
    const [x, ct, dx] = [f.int(inputs[0] ?? 0), f.int(inputs[1] ?? 0), f.int(outputs[0] ?? 0)]
    const isAlone = isTiled(spec)
    if (!isAlone) clearAll(f, dx, pool2dSizes(spec).inElements * lanes.bytes)
    const [position, share, sum] = [f.local('v128'), f.local('v128'), f.local('v128')]
    const { none, search } = maxSearch(f, spec, x)
    const numbers = positionsOf(spec)
    eachSite(f, spec, site => {
      search(site, (tap, mask) => {
        f.set(position, v128.bitselect(numbers.splat(tap.index), position, mask))
      })
      f.set(share, v128.load(i32.add(ct, site.out)))
      site.eachTap(tap => {
        const here = v128.and(share, numbers.eq(position, numbers.splat(tap.index)))
        f.set(sum, lanes.add(isAlone ? none : v128.load(i32.add(dx, tap.at), tap.offset), here))
        storePart(f, lanes, i32.add(dx, tap.at), sum, site.live, tap.offset)
      })
    })
  })
}

/**
 * Tangent of the output of {@link maxPool2d}: inputs x[n, h, w, c] and its tangent t[n, h, w, c]; the tangent is
 * taken where {@link maxPool2dPullback} puts the cotangent, and is 0 for a window in the padding.
 *
 * @throws RangeError as {@link maxPool2d} does.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 4, width: 4, channels: 3 }
 * const halving = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] }
 * maxPool2dPushforward({ ...image, ...halving }).outputs // → 1
 */
export function maxPool2dPushforward(spec: Pool2dSpec): Kernel {
  return pooling('max-pool-pushforward', spec, 2, ({ f, inputs, outputs }) => {
    const [x, t, out] = [f.int(inputs[0] ?? 0), f.int(inputs[1] ?? 0), f.int(outputs[0] ?? 0)]
    const tangent = f.local('v128')
    const { none, search } = maxSearch(f, spec, x)
    eachSite(f, spec, site => {
      f.set(tangent, none)
      search(site, (tap, mask) => {
        f.set(tangent, v128.bitselect(v128.load(i32.add(t, tap.at), tap.offset), tangent, mask))
      })
      storePart(f, lanesOf[spec.dtype], i32.add(out, site.out), tangent, site.live)
    })
  })
}

/** Positions in a window as lanes as wide as the dtype. */
function positionsOf({ dtype }: Pool2dSpec) {
  return dtype === 'f32'
    ? { splat: (index: Tap['index']) => i32x4.splat(asExpr(index)), eq: i32x4.eq }
    : { splat: (index: Tap['index']) => i64x2.splat(i64.extendI32U(asExpr(index))), eq: i64x2.eq }
}

const asExpr = (value: Tap['index']): Expr<'i32'> => (typeof value === 'number' ? i32.const(value) : value)
