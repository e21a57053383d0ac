import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runKernel } from '../testing/run-kernel.js'
import { type MatmulSpec, matmul } from './matmul.js'

type Floats = Float32Array | Float64Array

const arrayOf = { f32: Float32Array, f64: Float64Array } as const
/** Powers of 2 that make numbers in (−1, 1) subnormal, and small enough for products to be. */
const tiny = { f32: [2 ** -126, 2 ** -30], f64: [2 ** -1024, 2 ** -30] } as const

/** Multiples of 2⁻¹⁰ in (−1, 1), which stay exact as subnormal numbers. */
function grid(dtype: 'f32' | 'f64', length: number, seed: number): Floats {
  let state = seed
  return new arrayOf[dtype](length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return Math.round(state / 2 ** 21) / 2 ** 10
  })
}

const run = (spec: MatmulSpec, a: Floats, b: Floats): Floats =>
  runKernel(matmul(spec), [a, b], [new arrayOf[spec.dtype](spec.m * spec.n)])[0] as Floats

const shapes = fc.record({
  dtype: fc.constantFrom('f32' as const, 'f64' as const),
  batch: fc.constant([]),
  m: fc.integer({ min: 20, max: 70 }),
  n: fc.integer({ min: 30, max: 300 }),
  k: fc.integer({ min: 55, max: 600 }),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
})

describe('a product of tiny numbers', () => {
  it.each(['a', 'b'] as const)('is rounded once where it is subnormal, with a tiny %s', which => {
    fc.assert(
      fc.property(shapes, spec => {
        const [a, b] = [grid(spec.dtype, spec.m * spec.k, 1), grid(spec.dtype, spec.k * spec.n, 2)]
        const [down, further] = tiny[spec.dtype]
        const [forA, forB] = which === 'a' ? [down, further] : [further, down]
        // Numbers of one operand are below the smallest normal one, and so are all products.
        const small = run(
          spec,
          a.map(x => x * forA),
          b.map(x => x * forB),
        )
        // A block may end within the sum, and its end is rounded on its own.
        const exact = spec.k <= 512 ? 0 : 1
        const unit = spec.dtype === 'f32' ? 2 ** -149 : 2 ** -1074
        const round = spec.dtype === 'f32' ? Math.fround : (x: number) => x
        run(spec, a, b).forEach((x, at) => {
          const error = Math.abs((small[at] as number) - round(x * down * further)) / unit
          if (error > exact) throw new Error(`${matmul(spec).key}: ${error} units at ${at}`)
        })
      }),
      { numRuns: 12 },
    )
  })

  const spec = { dtype: 'f32', batch: [], m: 40, n: 50, k: 60, transposeA: false, transposeB: false } as const
  const [a, b] = [grid('f32', 40 * 60, 3), grid('f32', 60 * 50, 4)]

  it('is zero with two tiny operands', () => {
    const out = run(
      spec,
      a.map(x => x * 2 ** -126),
      b.map(x => x * 2 ** -126),
    )
    expect(out.every(x => x === 0)).toBe(true)
  })

  it('keeps infinities and NaN of the other', () => {
    const [small, other] = [a.map(() => 2 ** -140), b.slice()]
    other[7] = Infinity
    other[50 + 8] = NaN
    const out = run(spec, small, other)
    expect([...out.slice(7, 9)]).toEqual([Infinity, NaN])
    expect(Number.isFinite(out[9])).toBe(true)
  })

  it('does not overflow with the largest numbers', () => {
    const largest = (2 - 2 ** -23) * 2 ** 127
    const out = run(
      spec,
      a.map(() => 2 ** -97),
      b.map(() => largest),
    )
    expect(out.every(x => x === Math.fround(60 * 2 ** -97 * largest))).toBe(true)
  })

  it('leaves rows alone that have a number of usual size in their block', () => {
    const mixed = a.map((x, at) => (at === 0 ? 1 : x * 2 ** -126))
    const out = run(spec, mixed, b)
    const usual = run(spec, a, b)
    usual.slice(50).forEach((x, at) => {
      expect(Math.abs((out[50 + at] as number) - x * 2 ** -126)).toBeLessThanOrEqual(60 * 2 ** -150)
    })
  })
})
