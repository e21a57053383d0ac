import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowOutputShape } from '../conv/index.js'
import { runKernel } from '../testing/run-kernel.js'
import { maxPool2d, maxPool2dPullback, maxPool2dPushforward } from './max-pool.js'
import type { Pool2dSpec } from './spec.js'

type Floats = Float32Array | Float64Array

const make = (dtype: 'f32' | 'f64', values: number | readonly number[]): Floats =>
  dtype === 'f32' ? new Float32Array(values as number) : new Float64Array(values as number)

const sizesOf = (spec: Pool2dSpec) => {
  const [outHeight, outWidth] = windowOutputShape(spec)
  const { batch, height, width, channels } = spec
  return {
    outHeight,
    outWidth,
    x: batch * height * width * channels,
    out: batch * outHeight * outWidth * channels,
  }
}

/** The maximum of each window and the index in x of the first of its positions, −1 if it has none. */
function naive(spec: Pool2dSpec, x: Floats): { value: Floats; position: number[] } {
  const { outHeight, outWidth, out } = sizesOf(spec)
  const { batch, height, width, channels, window, stride, padding, dtype, dilation = [1, 1] } = spec
  const value = make(dtype, out).fill(Number.NEGATIVE_INFINITY)
  const position: number[] = Array(out).fill(-1)
  let at = 0
  for (let n = 0; n < batch; n++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++)
        for (let c = 0; c < channels; c++, at++)
          for (let i = 0; i < window[0]; i++)
            for (let j = 0; j < window[1]; j++) {
              const row = oh * stride[0] + i * dilation[0] - padding[0][0]
              const column = ow * stride[1] + j * dilation[1] - padding[1][0]
              if (row < 0 || row >= height || column < 0 || column >= width) continue
              const k = ((n * height + row) * width + column) * channels + c
              const [candidate, best] = [x[k]!, value[at]!]
              if (
                position[at] === -1 ||
                candidate > best ||
                (Number.isNaN(candidate) && !Number.isNaN(best))
              ) {
                value[at] = candidate
                position[at] = k
              }
            }
  return { value, position }
}

function check(spec: Pool2dSpec, x: Floats): void {
  const { dtype } = spec
  const sizes = sizesOf(spec)
  const { value, position } = naive(spec, x)
  const t = make(dtype, sizes.x).map((_: number, k: number) => k + 1)
  // Whole numbers add exactly, in any order.
  const ct = make(dtype, sizes.out).map((_: number, k: number) => (k % 17) + 1)
  expect(runKernel(maxPool2d(spec), [x], [make(dtype, sizes.out)])[0]).toEqual(value)
  const dx = make(dtype, sizes.x)
  position.forEach((k, at) => {
    if (k >= 0) dx[k]! += ct[at]!
  })
  expect(runKernel(maxPool2dPullback(spec), [x, ct], [make(dtype, sizes.x)])[0]).toEqual(dx)
  const tangent = make(dtype, sizes.out).map((_: number, at: number) => t[position[at]!] ?? 0)
  expect(runKernel(maxPool2dPushforward(spec), [x, t], [make(dtype, sizes.out)])[0]).toEqual(tangent)
}

const none = [
  [0, 0],
  [0, 0],
] as const

describe('max pooling, its pullback and its pushforward', () => {
  const small = (max: number) => fc.integer({ min: 1, max })
  const pad = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
  const specs: fc.Arbitrary<Pool2dSpec> = fc.record({
    dtype: fc.constantFrom<'f32' | 'f64'>('f32', 'f64'),
    batch: small(3),
    height: small(9),
    width: small(9),
    channels: small(9),
    window: fc.tuple(small(4), small(5)),
    stride: fc.tuple(small(3), small(3)),
    padding: fc.oneof(fc.constant(none), fc.tuple(pad, pad)),
    dilation: fc.oneof(fc.constant([1, 1] as const), fc.tuple(small(3), small(3))),
  })

  it('agree with a loop over few distinct values, NaN and infinities', () => {
    const values = [0, 1, 1, 2, 2, 3, -1, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    fc.assert(
      fc.property(specs, fc.integer({ min: 0, max: 1e6 }), (spec, seed) => {
        let state = seed
        const x = make(spec.dtype, sizesOf(spec).x).map(() => {
          state = (Math.imul(state, 1664525) + 1013904223) | 0
          return values[(state >>> 16) % values.length] as number
        })
        check(spec, x)
      }),
      { numRuns: 150 },
    )
  })

  const one = {
    dtype: 'f32',
    batch: 1,
    height: 2,
    width: 2,
    channels: 1,
    window: [2, 2],
    stride: [2, 2],
    padding: none,
  } as const

  it.each([
    ['the first of equal maxima', [1, 2, 2, 0], 2, [0, 5, 0, 0]],
    ['a NaN before numbers', [Number.NaN, 2, 3, 4], Number.NaN, [5, 0, 0, 0]],
    ['the first NaN', [1, 9, Number.NaN, Number.NaN], Number.NaN, [0, 0, 5, 0]],
    ['−∞ as any number', Array(4).fill(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY, [5, 0, 0, 0]],
    ['the first of zeros of both signs', [-1, -0, 0, -2], -0, [0, 5, 0, 0]],
  ])('take %s', (_, x, max, dx) => {
    const input = Float32Array.from(x)
    expect([...runKernel(maxPool2d(one), [input], [new Float32Array(1)])[0]!]).toEqual([max])
    const ct = Float32Array.of(5)
    expect([...runKernel(maxPool2dPullback(one), [input, ct], [new Float32Array(4)])[0]!]).toEqual(dx)
  })

  it('give −∞ and no cotangent for windows in the padding', () => {
    const spec = {
      ...one,
      stride: [2, 2],
      padding: [
        [2, 0],
        [0, 0],
      ],
    } as const
    const x = Float32Array.of(-3, -4, -5, -6)
    expect([...runKernel(maxPool2d(spec), [x], [new Float32Array(2)])[0]!]).toEqual([
      Number.NEGATIVE_INFINITY,
      -3,
    ])
    check(spec, x)
  })

  it('keep a cotangent that is NaN to its own position', () => {
    const [dx] = runKernel(
      maxPool2dPullback(one),
      [Float32Array.of(1, 2, 0, 0), Float32Array.of(Number.NaN)],
      [new Float32Array(4)],
    )
    expect([...dx!]).toEqual([0, Number.NaN, 0, 0])
  })
})
