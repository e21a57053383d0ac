/** Sums over windows, and their transpose: what average pooling is made of. */
import { lanesOf, storePart } from '../gemm/index.js'
import type { Kernel } from '../kernel.js'
import { i32, v128 } from '../wasm/index.js'
import { isTiled, type Pool2dSpec, pool2dSizes, pooling } from './spec.js'
import { clearAll, eachSite } from './walk.js'

/**
 * out[n, oh, ow, c] = Σ x over the part of the window that lies in the image, in row-major order. Input x[n, h, w, c].
 *
 * @throws RangeError if a size is not a whole number ≥ 0, or a window or a stride is not ≥ 1.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 4, width: 4, channels: 3 }
 * const halving = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] }
 * sumPool2d({ ...image, ...halving }).flops // → 48
 */
export function sumPool2d(spec: Pool2dSpec): Kernel {
  const lanes = lanesOf[spec.dtype]
  return pooling('sum-pool', spec, 1, ({ f, inputs, outputs }) => {
    const [x, out, sum] = [f.int(inputs[0] ?? 0), f.int(outputs[0] ?? 0), f.local('v128')]
    eachSite(f, spec, site => {
      f.set(sum, v128.const(new Uint8Array(16)))
      site.eachTap(tap => f.set(sum, lanes.add(sum, v128.load(i32.add(x, tap.at), tap.offset))))
      storePart(f, lanes, i32.add(out, site.out), sum, site.live)
    })
  })
}

/**
 * Cotangent of the input of {@link sumPool2d}: input ct[n, oh, ow, c], output dx[n, h, w, c], where every element has
 * the sum of the cotangents of the windows it lies in.
 *
 * @throws RangeError as {@link sumPool2d} does.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 4, width: 4, channels: 3 }
 * const halving = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] }
 * sumPool2dPullback({ ...image, ...halving }).inputs // → 1
 */
export function sumPool2dPullback(spec: Pool2dSpec): Kernel {
  const lanes = lanesOf[spec.dtype]
  return pooling('sum-pool-pullback', spec, 1, ({ f, inputs, outputs }) => {
    const [ct, dx] = [f.int(inputs[0] ?? 0), f.int(outputs[0] ?? 0)]
    const [share, sum, none] = [f.local('v128'), f.local('v128'), f.local(v128.const(new Uint8Array(16)))]
    const isAlone = isTiled(spec)
    if (!isAlone) clearAll(f, dx, pool2dSizes(spec).inElements * lanes.bytes)
    eachSite(f, spec, site => {
      f.set(share, v128.load(i32.add(ct, site.out)))
      site.eachTap(tap => {
        f.set(sum, lanes.add(isAlone ? none : v128.load(i32.add(dx, tap.at), tap.offset), share))
        storePart(f, lanes, i32.add(dx, tap.at), sum, site.live, tap.offset)
      })
    })
  })
}
