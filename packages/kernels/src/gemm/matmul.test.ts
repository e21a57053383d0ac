import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runAtEnds, runKernel } from '../testing/run-kernel.js'
import { detectFeatures } from '../wasm/index.js'
import { type MatmulSpec, matmul } from './matmul.js'

type Floats = Float32Array | Float64Array

const make = (dtype: 'f32' | 'f64', length: number): Floats =>
  dtype === 'f32' ? new Float32Array(length) : new Float64Array(length)

/** Numbers in (−1, 1) from a 32-bit linear congruential generator. */
function random(dtype: 'f32' | 'f64', length: number, seed: number): Floats {
  let state = seed + 1
  return make(dtype, length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  })
}

/** A batch of products of matrices one after another; a shared operand is one matrix for all. */
interface Batch extends Omit<MatmulSpec, 'batch' | 'layouts'> {
  readonly batch: number
  readonly sharedA?: boolean
  readonly sharedB?: boolean
}

function specOf({ batch, sharedA, sharedB, ...spec }: Batch): MatmulSpec {
  const { m, n, k, transposeA, transposeB } = spec
  const shared = (row: number) => ({ offset: 0, batch: [0], row })
  return {
    ...spec,
    batch: [batch],
    layouts: {
      a: sharedA ? shared(transposeA ? m : k) : undefined,
      b: sharedB ? shared(transposeB ? k : n) : undefined,
    },
  }
}

function operands(spec: Batch, seed = 0): [Floats, Floats] {
  const { dtype, batch, m, n, k, sharedA, sharedB } = spec
  return [
    random(dtype, (sharedA ? 1 : batch) * m * k, seed),
    random(dtype, (sharedB ? 1 : batch) * k * n, seed + 1000),
  ]
}

/** The product and the sum of |a·b| of every element, in f64. */
function naive(spec: Batch, a: Floats, b: Floats): { value: Float64Array; magnitude: Float64Array } {
  const { batch, m, n, k, transposeA, transposeB, sharedA, sharedB } = spec
  const value = new Float64Array(batch * m * n)
  const magnitude = new Float64Array(batch * m * n)
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1]
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1]
  for (let t = 0; t < batch; t++) {
    const [a0, b0] = [sharedA ? 0 : t * m * k, sharedB ? 0 : t * k * n]
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let [sum, size] = [0, 0]
        for (let p = 0; p < k; p++) {
          const x = (a[a0 + i * aRow + p * aColumn] as number) * (b[b0 + p * bRow + j * bColumn] as number)
          sum += x
          size += Math.abs(x)
        }
        const at = (t * m + i) * n + j
        value[at] = sum
        magnitude[at] = size
      }
  }
  return { value, magnitude }
}

function run(spec: Batch, inputs: readonly Floats[], features = detectFeatures()): Floats {
  const size = spec.batch * spec.m * spec.n
  const [out] = runKernel(matmul(specOf(spec)), inputs, [make(spec.dtype, size)], features)
  return out as Floats
}

/** Checks a product in each dtype and arithmetic; the operands are the same f32 numbers for all. */
function check(shape: Omit<Batch, 'dtype'>, cases: readonly Case[] = everyCase): void {
  const data = operands({ ...shape, dtype: 'f32' })
  const { value, magnitude } = naive({ ...shape, dtype: 'f64' }, ...data)
  for (const { dtype, fma } of cases) {
    const spec = { ...shape, dtype }
    const out = run(spec, dtype === 'f32' ? data : data.map(x => Float64Array.from(x)), { fma })
    // |error| ≤ γ_k Σ|a·b| with γ_k ≈ k·ε (Higham 2002, section 3.1).
    const epsilon = dtype === 'f32' ? 2 ** -23 : 2 ** -52
    const scale = (spec.k + 2) * epsilon
    for (let at = 0; at < out.length; at++) {
      const bound = scale * (magnitude[at] as number)
      if (!(Math.abs((out[at] as number) - (value[at] as number)) <= bound))
        throw new Error(
          `${matmul(specOf(spec)).key}: element ${at} is ${out[at]}, expected ${value[at]} ± ${bound}`,
        )
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

const plain = { batch: 1, transposeA: false, transposeB: false }
const forms = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
].map(([transposeA, transposeB]) => ({
  transposeA: transposeA as boolean,
  transposeB: transposeB as boolean,
}))

describe('matmul', () => {
  const size = fc.integer({ min: 1, max: 70 })
  const shapes = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    m: size,
    n: size,
    k: size,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    sharedA: fc.boolean(),
    sharedB: fc.boolean(),
  })

  it('is the sum of products for random shapes and forms', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(...everyCase), (shape, one) => check(shape, [one])),
      { numRuns: 250 },
    )
  })

  describe.each(forms)('transposeA $transposeA, transposeB $transposeB', form => {
    it.each([
      [1, 1, 1],
      [1, 300, 40],
      [300, 1, 40],
      [2, 2, 2000],
      [7, 5, 1025],
      [52, 270, 33],
      [29, 280, 520],
      [200, 10, 130],
      [13, 17, 600],
      [250, 24, 64],
    ])('m %i, n %i, k %i crosses blocks and panels', (m, n, k) => {
      check({ ...form, batch: 1, m, n, k })
    })

    it('gives a row of C the same bits whatever the number of rows', () => {
      for (const dtype of ['f32', 'f64'] as const)
        for (const [m, n, k] of [
          [50, 37, 700],
          [130, 20, 90],
        ] as const) {
          const spec = { ...form, dtype, batch: 1, m, n, k }
          const [a, b] = operands(spec)
          const whole = run(spec, [a, b])
          for (const rows of [1, 2, 7, 25]) {
            const part = make(dtype, rows * k)
            for (let i = 0; i < rows; i++)
              for (let p = 0; p < k; p++)
                part[form.transposeA ? p * rows + i : i * k + p] = a[
                  form.transposeA ? p * m + i : i * k + p
                ] as number
            expect(run({ ...spec, m: rows }, [part, b])).toEqual(whole.slice(0, rows * n))
          }
        }
    })
  })

  it('repeats its bits at other addresses', () => {
    for (const form of forms) {
      const spec = { ...form, dtype: 'f32', batch: 1, m: 31, n: 45, k: 523 } as const
      const [a, b] = operands(spec)
      const kernel = matmul(specOf(spec))
      const moved = { ...kernel, scratchBytes: kernel.scratchBytes + 48, outputs: 2 }
      const [first] = runKernel(kernel, [a, b], [make('f32', 31 * 45)])
      const [, second] = runKernel(
        { ...moved, emit: context => kernel.emit({ ...context, outputs: context.outputs.slice(1) }) },
        [a, b],
        [make('f32', 7), make('f32', 31 * 45)],
      )
      expect(second).toEqual(first)
    }
  })

  it('reads nothing past its operands', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom('f32' as const, 'f64' as const), (shape, dtype) => {
        const spec = { ...shape, dtype }
        const kernel = matmul(specOf(spec))
        runAtEnds(kernel, operands(spec), [make(dtype, spec.batch * spec.m * spec.n)])
      }),
      { numRuns: 40 },
    )
  })

  it('gives zeros for empty sums and nothing for empty results', () => {
    for (const dtype of ['f32', 'f64'] as const) {
      expect([
        ...run({ ...plain, dtype, batch: 2, m: 3, n: 5, k: 0 }, [make(dtype, 0), make(dtype, 0)]),
      ]).toEqual(Array(30).fill(0))
      for (const empty of [{ m: 0 }, { n: 0 }, { batch: 0 }]) {
        const spec = { ...plain, dtype, m: 4, n: 4, k: 4, ...empty }
        expect(run(spec, operands(spec))).toHaveLength(0)
      }
    }
  })

  it('propagates NaN and infinities only along their row and column', () => {
    const spec = { ...plain, dtype: 'f32', m: 5, n: 7, k: 9 } as const
    const [a, b] = operands(spec)
    a[2 * 9 + 4] = Number.NaN
    b[3 * 7 + 6] = Number.POSITIVE_INFINITY
    const out = run(spec, [a, b])
    out.forEach((x, at) => {
      expect(Number.isFinite(x)).toBe(Math.floor(at / 7) !== 2 && at % 7 !== 6)
    })
  })

  it('keeps scratch within its blocking', () => {
    for (const { transposeA, transposeB } of forms)
      for (const dtype of ['f32', 'f64'] as const) {
        const spec = { dtype, batch: 1, m: 4096, n: 4096, k: 4096, transposeA, transposeB }
        expect(matmul(specOf(spec)).scratchBytes).toBeLessThan(800_000)
      }
  })

  it('rejects sizes that are not whole numbers', () => {
    expect(() =>
      matmul(specOf({ ...plain, dtype: 'f32', m: 1.5, n: 1, k: 1 })),
    ).toThrowErrorMatchingInlineSnapshot(`[RangeError: matmul: m must be a whole number ≥ 0, got 1.5]`)
  })
})
