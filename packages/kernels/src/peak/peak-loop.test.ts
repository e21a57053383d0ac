import { expect, it } from 'vitest'
import { runKernel } from '../testing/run-kernel.js'
import { detectFeatures } from '../wasm/index.js'
import { peakLoop } from './peak-loop.js'

it('does the work that it counts', () => {
  const kernel = peakLoop({ dtype: 'f64', fma: false, iterations: 1000 })
  const [out] = runKernel(kernel, [], [new Float64Array(2)])
  // The fixed point of x ← x / 2 + 1 / 4 is 1 / 2, in each of 12 chains.
  expect([...(out as Float64Array)]).toEqual([6, 6])
  expect(kernel.flops).toBe(2 * 2 * 12 * 4 * 1000)
})

it.runIf(detectFeatures().fma)('adds x·y to each chain with fused arithmetic', () => {
  const [out] = runKernel(peakLoop({ dtype: 'f32', fma: true, iterations: 10 }), [], [new Float32Array(4)])
  // Σ k + 12 · 40 · 1/8
  expect([...(out as Float32Array)]).toEqual([126, 126, 126, 126])
})

it('refuses fused arithmetic in a module without it', () => {
  const kernel = peakLoop({ dtype: 'f32', fma: true, iterations: 1 })
  expect(() => runKernel(kernel, [], [new Float32Array(4)], { fma: false })).toThrow('no fused multiply-add')
})
