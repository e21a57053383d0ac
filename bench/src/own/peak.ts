import { detectFeatures, type FloatDType, peakLoop } from '@wengert/kernels'
import { alone } from './alone.js'

const TURNS = 500_000

/** A loop of multiply-adds on registers alone: gives GFLOP/s, the most that a core can do. */
export function peakGflops(dtype: FloatDType): () => number {
  const kernel = peakLoop({ dtype, fma: detectFeatures().fma, iterations: TURNS })
  const run = alone(kernel, 0, 16)
  return () => {
    const start = performance.now()
    run()
    return kernel.flops / (performance.now() - start) / 1e6
  }
}
