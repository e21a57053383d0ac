import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { f32, f32x4, f64, f64x2, i32, v128 } from '../wasm/index.js'

/** What a peak loop runs. */
export interface PeakLoopSpec {
  readonly dtype: FloatDType
  /** Fused multiply-add, or a multiplication and an addition; the module must allow the former. */
  readonly fma: boolean
  /** Turns of the loop. */
  readonly iterations: number
}

/** Independent chains: enough to hide the latency of two units, few enough for V8's 15 registers. */
const CHAINS = 12
const UNROLL = 4

/**
 * A loop of multiply-adds on registers alone, whose rate `flops / time` is the ceiling of a core for vectorised
 * arithmetic, in the run in which it is measured. Writes one vector so that the work counts.
 *
 * @throws RangeError on emission if `fma` is asked of a module without it.
 * @example
 * peakLoop({ dtype: 'f32', fma: false, iterations: 1000 }).flops // → 384000
 */
export function peakLoop({ dtype, fma, iterations }: PeakLoopSpec): Kernel {
  const vector = dtype === 'f32' ? f32x4 : f64x2
  const lanes = dtype === 'f32' ? 4 : 2
  return {
    key: `peak:${dtype}:${fma}:${iterations}`,
    inputs: 0,
    outputs: 1,
    scratchBytes: 0,
    flops: 2 * lanes * CHAINS * UNROLL * iterations,
    emit({ module, f, outputs }) {
      if (fma && !module.features.fma) throw new RangeError('peakLoop: this module has no fused multiply-add')
      const out = outputs[0] ?? i32.const(0)
      const constant = (value: number) =>
        f.local(dtype === 'f32' ? f32x4.splat(f32.const(value)) : f64x2.splat(f64.const(value)))
      const [x, y] = [constant(0.5), constant(0.25)]
      // Without fma the product must depend on the chain, or it would be the same for all.
      const next = (chain: typeof x) =>
        fma ? vector.relaxedMadd(x, y, chain) : vector.add(vector.mul(chain, x), y)
      const chains = Array.from({ length: CHAINS }, (_, k) => constant(k))
      const turn = f.local('i32')
      f.for(turn, 0, iterations, 1, () => {
        for (let u = 0; u < UNROLL; u++) for (const chain of chains) f.set(chain, next(chain))
      })
      const [sum, ...rest] = chains
      if (!sum) return
      for (const chain of rest) f.set(sum, vector.add(sum, chain))
      f.do(v128.store(out, sum))
    },
  }
}
