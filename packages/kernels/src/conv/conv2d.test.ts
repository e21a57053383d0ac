import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../kernel.js'
import { runAtEnds, runKernel } from '../testing/run-kernel.js'
import { detectFeatures } from '../wasm/index.js'
import { conv2d, conv2dFilterPullback, conv2dInputPullback } from './conv2d.js'
import type { Conv2dSpec } from './spec.js'
import { windowOutputShape } from './window.js'

type Floats = Float32Array | Float64Array

const make = (dtype: 'f32' | 'f64', length: number): Floats =>
  dtype === 'f32' ? new Float32Array(length) : new Float64Array(length)

function random(dtype: 'f32' | 'f64', length: number, seed: number): Floats {
  let state = seed + 1
  return make(dtype, length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  })
}

function sizesOf(spec: Conv2dSpec) {
  const [outHeight, outWidth] = windowOutputShape(spec)
  const { batch, height, width, inChannels, outChannels, window, groups = 1 } = spec
  return {
    outHeight,
    outWidth,
    x: groups * batch * height * width * inChannels,
    filter: groups * window[0] * window[1] * inChannels * outChannels,
    out: groups * batch * outHeight * outWidth * outChannels,
  }
}

/** Visits every product of the convolution: indices into x, filter and out. */
function eachProduct(spec: Conv2dSpec, visit: (x: number, filter: number, out: number) => void): void {
  const { outHeight, outWidth } = sizesOf(spec)
  const { batch, height, width, inChannels, outChannels, window, stride, padding } = spec
  const { dilation = [1, 1], groups = 1 } = spec
  for (let n = 0; n < groups * batch; n++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++)
        for (let i = 0; i < window[0]; i++)
          for (let j = 0; j < window[1]; j++) {
            const y = oh * stride[0] + i * dilation[0] - padding[0][0]
            const x = ow * stride[1] + j * dilation[1] - padding[1][0]
            const group = Math.floor(n / batch)
            if (y < 0 || y >= height || x < 0 || x >= width) continue
            for (let c = 0; c < inChannels; c++)
              for (let o = 0; o < outChannels; o++)
                visit(
                  ((n * height + y) * width + x) * inChannels + c,
                  (((group * window[0] + i) * window[1] + j) * inChannels + c) * outChannels + o,
                  ((n * outHeight + oh) * outWidth + ow) * outChannels + o,
                )
          }
}

const run = (kernel: Kernel, inputs: readonly Floats[], out: Floats, features = detectFeatures()): Floats =>
  runKernel(kernel, inputs, [out], features)[0] as Floats

/** Sums of products in f64, with Σ|a·b| and the number of terms of each. */
class Sums {
  readonly value: Float64Array
  readonly magnitude: Float64Array
  readonly terms: Float64Array

  constructor(size: number) {
    this.value = new Float64Array(size)
    this.magnitude = new Float64Array(size)
    this.terms = new Float64Array(size)
  }

  add(at: number, product: number): void {
    this.value[at]! += product
    this.magnitude[at]! += Math.abs(product)
    this.terms[at]! += 1
  }

  /** The error of a sum of N terms is at most about N·ε·Σ|a·b|. */
  compare(key: string, actual: Floats): void {
    const epsilon = actual instanceof Float32Array ? 2 ** -23 : 2 ** -52
    for (let at = 0; at < actual.length; at++) {
      const bound = (this.terms[at]! + 2) * epsilon * this.magnitude[at]!
      if (!(Math.abs(actual[at]! - this.value[at]!) <= bound))
        throw new Error(`${key}: element ${at} is ${actual[at]}, expected ${this.value[at]} ± ${bound}`)
    }
  }
}

interface Case {
  readonly dtype: 'f32' | 'f64'
  readonly fma: boolean
}

const everyCase: readonly Case[] = (['f32', 'f64'] as const).flatMap(dtype => [
  { dtype, fma: false },
  ...(detectFeatures().fma ? [{ dtype, fma: true }] : []),
])

/** Checks the three kernels in each dtype and arithmetic; the operands are the same f32 numbers for all. */
function check(shape: Conv2dSpec, cases = everyCase): void {
  const sizes = sizesOf(shape)
  const [x, filter, ct] = [
    random('f32', sizes.x, 1),
    random('f32', sizes.filter, 2),
    random('f32', sizes.out, 3),
  ]
  const [forX, forFilter, forOut] = [new Sums(sizes.x), new Sums(sizes.filter), new Sums(sizes.out)]
  eachProduct(shape, (a, b, c) => {
    forOut.add(c, x[a]! * filter[b]!)
    forX.add(a, ct[c]! * filter[b]!)
    forFilter.add(b, x[a]! * ct[c]!)
  })
  for (const { dtype, fma } of cases) {
    const spec = { ...shape, dtype }
    const cast = (data: Floats) => (dtype === 'f32' ? data : Float64Array.from(data))
    const test = (kernel: Kernel, inputs: readonly Floats[], expected: Sums) =>
      expected.compare(kernel.key, run(kernel, inputs.map(cast), make(dtype, expected.value.length), { fma }))
    test(conv2d(spec), [x, filter], forOut)
    test(conv2dInputPullback(spec), [ct, filter], forX)
    test(conv2dFilterPullback(spec), [x, ct], forFilter)
  }
}

type Pair = readonly [number, number]

/** A convolution of two 9×8 images with 3 channels in and 5 out, unless said otherwise. */
const shape = (
  window: Pair,
  stride: Pair = [1, 1],
  [top, bottom, left, right]: readonly [number, number, number, number] = [0, 0, 0, 0],
  others: Partial<Conv2dSpec> = {},
): Conv2dSpec => ({
  ...{ dtype: 'f32', batch: 2, height: 9, width: 8, inChannels: 3, outChannels: 5 },
  ...{
    window,
    stride,
    padding: [
      [top, bottom],
      [left, right],
    ],
  },
  ...others,
})

/** An image with more patches in a row than are unfolded at a time. */
const wide = { batch: 1, height: 3, width: 40, inChannels: 180 }

const depthwise = { groups: 3, inChannels: 1, outChannels: 1 }
/** Images of several bands. */
const tall = { batch: 2, height: 45, width: 21 }

const table: readonly (readonly [string, Conv2dSpec])[] = [
  ['pointwise', shape([1, 1])],
  ['1×1 with stride', shape([1, 1], [2, 3])],
  ['3×3 same', shape([3, 3], [1, 1], [1, 1, 1, 1])],
  ['asymmetric padding', shape([2, 3], [2, 1], [0, 1, 3, 0])],
  ['one channel in', shape([5, 5], [1, 1], [2, 2, 2, 2], { inChannels: 1 })],
  ['one channel out', shape([3, 2], [1, 2], [0, 0, 0, 0], { outChannels: 1 })],
  ['window as large as the padded image', shape([11, 10], [1, 1], [1, 1, 1, 1])],
  ['window larger than the image', shape([5, 7], [2, 2], [3, 3, 4, 4], { height: 2, width: 3 })],
  ['window larger than the padded image', shape([12, 3])],
  ['padding larger than the window', shape([2, 2], [1, 1], [4, 0, 0, 5])],
  ['wide padding', shape([3, 9], [1, 1], [0, 0, 8, 8])],
  ['many channels', shape([3, 3], [1, 1], [1, 1, 1, 1], { inChannels: 20, outChannels: 30 })],
  ['blocks of rows', shape([3, 3], [1, 1], [0, 0, 0, 0], { batch: 3, height: 30, width: 20, inChannels: 8 })],
  ['blocks within a row', shape([3, 3], [1, 1], [0, 0, 1, 1], wide)],
  ['dilation', shape([3, 2], [1, 1], [0, 0, 0, 0], { dilation: [2, 3] })],
  ['dilation down', shape([3, 3], [1, 2], [2, 2, 1, 1], { dilation: [3, 1] })],
  ['dilation to the right, padding', shape([2, 3], [2, 1], [0, 1, 4, 3], { dilation: [1, 3] })],
  ['dilation of many channels', shape([3, 3], [1, 1], [2, 2, 2, 2], { dilation: [2, 2], inChannels: 37 })],
  ['dilation of 1×1', shape([1, 1], [1, 1], [0, 0, 0, 0], { dilation: [4, 4] })],
  ['dilation, blocks within a row', shape([3, 3], [1, 1], [1, 1, 1, 1], { ...wide, dilation: [1, 7] })],
  ['a dilated window that does not fit', shape([5, 3], [1, 1], [0, 0, 0, 0], { dilation: [3, 1] })],
  ['groups', shape([3, 3], [1, 1], [1, 1, 1, 1], { groups: 4 })],
  [
    'groups of one channel',
    shape([3, 3], [2, 2], [1, 1, 1, 1], { groups: 5, inChannels: 1, outChannels: 1 }),
  ],
  ['depthwise', shape([3, 3], [1, 1], [1, 1, 1, 1], depthwise)],
  ['depthwise without padding', shape([3, 3], [1, 1], [0, 0, 0, 0], { ...depthwise, width: 40 })],
  ['depthwise, stride down', shape([2, 3], [2, 1], [1, 0, 0, 1], depthwise)],
  ['depthwise, many taps', shape([5, 7], [1, 1], [2, 2, 3, 3], { ...depthwise, width: 15 })],
  ['depthwise, dilation', shape([3, 2], [1, 1], [2, 1, 3, 0], { ...depthwise, dilation: [2, 3] })],
  ['depthwise, padding past the window', shape([2, 2], [1, 1], [3, 0, 0, 2], depthwise)],
  ['depthwise, more taps than are written out', shape([8, 7], [1, 1], [4, 3, 3, 3], depthwise)],
  ['few channels, several bands', shape([3, 3], [1, 1], [1, 1, 1, 1], { ...tall, inChannels: 2 })],
  ['few channels, stride', shape([3, 3], [2, 2], [1, 1, 0, 1], { ...tall, outChannels: 14 })],
  ['some channels', shape([3, 3], [1, 1], [1, 1, 1, 1], { ...tall, inChannels: 4, outChannels: 8 })],
  ['pointwise groups', shape([1, 1], [1, 1], [0, 0, 0, 0], { groups: 3, dilation: [2, 1] })],
  ['groups that do not fit', shape([12, 3], [1, 1], [0, 0, 0, 0], { groups: 3 })],
  ['no groups', shape([3, 3], [1, 1], [0, 0, 0, 0], { groups: 0 })],
  ['no images', shape([3, 3], [1, 1], [0, 0, 0, 0], { batch: 0 })],
  ...[1, 2, 3].flatMap((inChannels): [string, Conv2dSpec][] =>
    [4, 8, 12].map(outChannels => [
      `${inChannels} channels in, ${outChannels} out`,
      shape([3, 5], [1, 1], [1, 0, 2, 1], { inChannels, outChannels, height: 12, width: 14 }),
    ]),
  ),
  ['one channel in, kept as large', shape([3, 3], [1, 1], [1, 1, 1, 1], { inChannels: 1, outChannels: 4 })],
  [
    'one channel in, rows apart',
    shape([3, 2], [1, 1], [0, 2, 0, 1], { inChannels: 1, outChannels: 8, height: 14, dilation: [2, 1] }),
  ],
  ['no channels in', shape([3, 3], [1, 1], [0, 0, 0, 0], { inChannels: 0 })],
]

describe('conv2d and its pullbacks', () => {
  it.each(table)('%s', (_, spec) => {
    check(spec)
  })

  const small = (max: number) => fc.integer({ min: 1, max })
  const pad = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
  const specs: fc.Arbitrary<Conv2dSpec> = fc.record({
    dtype: fc.constantFrom<'f32' | 'f64'>('f32', 'f64'),
    batch: small(3),
    height: small(10),
    width: small(10),
    inChannels: small(9),
    outChannels: small(9),
    window: fc.tuple(small(5), small(5)),
    stride: fc.tuple(small(3), small(3)),
    padding: fc.tuple(pad, pad),
    dilation: fc.tuple(small(3), small(3)),
    groups: fc.oneof(fc.constant(1), small(4)),
  })

  it('are sums of products for random shapes', () => {
    fc.assert(
      fc.property(specs, fc.constantFrom(...everyCase), (spec, one) => check(spec, [one])),
      { numRuns: 120 },
    )
  })

  /** Its input's cotangent is a transposed product of blocks, the last of which is one position. */
  const narrower = shape([3, 3], [1, 1], [0, 0, 0, 0], { ...wide, width: 33, outChannels: 96 })

  it('read nothing past their operands', () => {
    fc.assert(
      fc.property(specs, spec => {
        const sizes = sizesOf(spec)
        const [x, filter, ct] = [sizes.x, sizes.filter, sizes.out].map(size => random(spec.dtype, size, size))
        const ends = (kernel: Kernel, inputs: readonly (Floats | undefined)[], size: number) =>
          runAtEnds(kernel, inputs as Floats[], [make(spec.dtype, size)])
        ends(conv2d(spec), [x, filter], sizes.out)
        ends(conv2dInputPullback(spec), [ct, filter], sizes.x)
        ends(conv2dFilterPullback(spec), [x, ct], sizes.filter)
      }),
      { numRuns: 30, examples: [[narrower]] },
    )
  })

  it('are adjoint: ⟨ct, conv(x)⟩ = ⟨pullback(ct), x⟩', () => {
    const dot = (a: Floats, b: Floats) => {
      let sum = 0
      a.forEach((value: number, at: number) => {
        sum += value * b[at]!
      })
      return sum
    }
    fc.assert(
      fc.property(specs, drawn => {
        const spec = { ...drawn, dtype: 'f64' } as const
        const sizes = sizesOf(spec)
        const [x, filter, ct] = [
          random('f64', sizes.x, 4),
          random('f64', sizes.filter, 5),
          random('f64', sizes.out, 6),
        ]
        const left = dot(ct, run(conv2d(spec), [x, filter], make('f64', sizes.out)))
        const tolerance = 1e-11 * (1 + sizes.out)
        const dx = run(conv2dInputPullback(spec), [ct, filter], make('f64', sizes.x))
        expect(Math.abs(dot(dx, x) - left)).toBeLessThan(tolerance)
        const dfilter = run(conv2dFilterPullback(spec), [x, ct], make('f64', sizes.filter))
        expect(Math.abs(dot(dfilter, filter) - left)).toBeLessThan(tolerance)
      }),
      { numRuns: 60 },
    )
  })

  it('gives an image the same bits whatever the batch', () => {
    const spec = shape([3, 3], [1, 1], [1, 1, 1, 1], { batch: 4 })
    const sizes = sizesOf(spec)
    const [x, filter] = [random('f32', sizes.x, 7), random('f32', sizes.filter, 8)]
    const whole = run(conv2d(spec), [x, filter], make('f32', sizes.out))
    const third = (data: Floats) => data.slice(data.length / 2, (data.length * 3) / 4)
    const one = run(conv2d({ ...spec, batch: 1 }), [third(x), filter], make('f32', sizes.out / 4))
    expect(one).toEqual(third(whole))
  })

  it('bounds scratch whatever the image', () => {
    const image = { batch: 256, height: 512, width: 512, inChannels: 64, outChannels: 64 }
    const spec = shape([3, 3], [1, 1], [0, 0, 0, 0], image)
    for (const kernel of [conv2d(spec), conv2dInputPullback(spec), conv2dFilterPullback(spec)])
      expect(kernel.scratchBytes).toBeLessThan(1_000_000)
  })

  it('rejects channels that are not whole numbers', () => {
    expect(() =>
      conv2d(shape([1, 1], [1, 1], [0, 0, 0, 0], { inChannels: 0.5 })),
    ).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: conv2d: batch, channels and groups must be whole numbers ≥ 0, got 0.5]`,
    )
  })
})
