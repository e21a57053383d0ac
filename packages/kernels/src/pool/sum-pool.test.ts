import fc from 'fast-check'
import { expect, it } from 'vitest'
import { windowOutputShape } from '../conv/index.js'
import { runKernel } from '../testing/run-kernel.js'
import type { Pool2dSpec } from './spec.js'
import { sumPool2d, sumPool2dPullback } from './sum-pool.js'

/** Visits every element of every window: indices into x and out. */
function eachTerm(spec: Pool2dSpec, visit: (x: number, out: number) => void): void {
  const [outHeight, outWidth] = windowOutputShape(spec)
  const { batch, height, width, channels, window, stride, padding, dilation = [1, 1] } = spec
  for (let n = 0; n < batch; n++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++)
        for (let i = 0; i < window[0]; i++)
          for (let j = 0; j < window[1]; j++) {
            const y = oh * stride[0] + i * dilation[0] - padding[0][0]
            const x = ow * stride[1] + j * dilation[1] - padding[1][0]
            if (y < 0 || y >= height || x < 0 || x >= width) continue
            for (let c = 0; c < channels; c++)
              visit(
                ((n * height + y) * width + x) * channels + c,
                ((n * outHeight + oh) * outWidth + ow) * channels + c,
              )
          }
}

const small = (max: number) => fc.integer({ min: 1, max })
const pair = (max: number) => fc.tuple(small(max), small(max))
const pads = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
const specs: fc.Arbitrary<Pool2dSpec> = fc.record({
  dtype: fc.constantFrom('f32', 'f64'),
  batch: fc.integer({ min: 0, max: 3 }),
  height: small(9),
  width: small(9),
  channels: small(9),
  window: pair(4),
  stride: pair(3),
  padding: fc.oneof(fc.constant([[0, 0], [0, 0]] as const), fc.tuple(pads, pads)), // biome-ignore format: a matrix
  dilation: fc.oneof(fc.constant([1, 1] as const), pair(3)),
})

it('sums over windows and their transpose agree with a loop', () => {
  fc.assert(
    fc.property(specs, spec => {
      const [outHeight, outWidth] = windowOutputShape(spec)
      const make = (length: number) =>
        spec.dtype === 'f32' ? new Float32Array(length) : new Float64Array(length)
      const out = make(spec.batch * outHeight * outWidth * spec.channels)
      const dx = make(spec.batch * spec.height * spec.width * spec.channels)
      // Whole numbers add exactly, in any order.
      const x = dx.map((_: number, k: number) => ((k * 7) % 23) - 11)
      const ct = out.map((_: number, k: number) => ((k * 5) % 19) - 9)
      eachTerm(spec, (from, to) => {
        out[to]! += x[from]!
        dx[from]! += ct[to]!
      })
      const run = (kernel: ReturnType<typeof sumPool2d>, input: typeof x, length: number) =>
        runKernel(kernel, [input], [make(length)])[0]
      expect(run(sumPool2d(spec), x, out.length)).toEqual(out)
      expect(run(sumPool2dPullback(spec), ct, dx.length)).toEqual(dx)
    }),
    { numRuns: 150 },
  )
})
