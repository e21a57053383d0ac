import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runAtEnds, runKernel } from '../testing/run-kernel.js'
import { detectFeatures } from '../wasm/index.js'
import { contiguous } from './layout.js'
import { type MatmulSpec, matmul } from './matmul.js'
import { setWide } from './wide.js'

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
})

/** Numbers of which whole rows of `length` and columns are tiny or zero, or have a few tiny ones among usual ones. */
const mixed = (dtype: 'f32' | 'f64', rows: number, length: number, seed: number): Floats => {
  const kind = (k: number) => Math.abs(Math.imul(k + seed, 2654435761)) % 7
  const [down] = tiny[dtype]
  const limit = dtype === 'f32' ? 2 ** -96 : 2 ** -900
  return grid(dtype, rows * length, seed).map((x, at) => {
    const [row, column] = [Math.floor(at / length), at % length]
    if (kind(row) === 0 || kind(column + 1000) === 0) return x * down
    if (kind(row) === 1) return 0
    // Tiny but for one element: the last, or one anywhere.
    if (kind(row) === 2) return column === length - 1 ? x : x * down
    if (kind(row) === 3) return column === (row * 7) % length ? x : x * down
    if (kind(column + 1000) === 2) return row === rows - 1 ? x : x * down
    // Next to the limit of what is tiny, on either side of it.
    if (kind(row) === 4) return Math.sign(x) * limit * (1 - 2 ** -20 * (kind(row + 1) - 3))
    return kind(at) < 2 ? x * down : x
  })
}

/** The sums by their definition, with a product rounded before it is added. */
function sums({ dtype, m, n, k, transposeA, transposeB }: MatmulSpec, a: Floats, b: Floats): Floats {
  const round = dtype === 'f32' ? Math.fround : (x: number) => x
  const [limit, up] = dtype === 'f32' ? [2 ** -96, 2 ** 64] : [2 ** -900, 2 ** 512]
  const block = Math.max(8, Math.ceil(k / Math.ceil(k / 512) / 8) * 8)
  const upOf = (numbers: readonly number[]) =>
    k >= 32 && numbers.some(x => x !== 0) && numbers.every(x => Math.abs(x) < limit) ? up : 1
  const out = new arrayOf[dtype](m * n)
  for (let first = 0; first < k; first += block) {
    const terms = Array.from({ length: Math.min(block, k - first) }, (_, p) => first + p)
    const raised = (count: number, element: (index: number, p: number) => number) =>
      Array.from({ length: count }, (_, index) => {
        const numbers = terms.map(p => element(index, p))
        const up = upOf(numbers)
        return { up, numbers: numbers.map(x => round(x * up)) }
      })
    const rows = raised(m, (i, p) => a[transposeA ? p * m + i : i * k + p] as number)
    const columns = raised(n, (j, p) => b[transposeB ? j * k + p : p * n + j] as number)
    rows.forEach((row, i) => {
      columns.forEach((column, j) => {
        let sum = 0
        for (let p = 0; p < terms.length; p++)
          sum = round(sum + round((row.numbers[p] as number) * (column.numbers[p] as number)))
        const lowered = round(round(sum / row.up) / column.up)
        out[i * n + j] = first === 0 ? lowered : (out[i * n + j] as number) + lowered
      })
    })
  }
  return out
}

const bitsOf = (x: Floats) => Buffer.from(x.buffer, x.byteOffset, x.byteLength)

describe('what is raised', () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(1, 2, 24, 25, 265, 290))
  const anyShape = fc.record({
    dtype: fc.constantFrom('f32' as const, 'f64' as const),
    batch: fc.constant([]),
    m: length,
    n: length,
    k: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(31, 32, 512, 513, 600)),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  const operandsOf = (spec: MatmulSpec) => {
    const { dtype, m, n, k, transposeA, transposeB } = spec
    return [
      transposeA ? mixed(dtype, k, m, 5) : mixed(dtype, m, k, 6),
      transposeB ? mixed(dtype, n, k, 7) : mixed(dtype, k, n, 8),
    ] as const
  }

  it('are rows of A and columns of B that have only tiny numbers, not all of them zero', () => {
    const features = { ...detectFeatures(), fma: false }
    fc.assert(
      fc.property(anyShape, spec => {
        const [a, b] = operandsOf(spec)
        const out = [new arrayOf[spec.dtype](spec.m * spec.n)]
        const [c] = runKernel<Floats>(matmul(spec), [a, b], out, features)
        expect(bitsOf(c as Floats).equals(bitsOf(sums(spec, a, b)))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('reads nothing past its operands', () => {
    fc.assert(
      fc.property(anyShape, spec => {
        const out = [new arrayOf[spec.dtype](spec.m * spec.n)]
        runAtEnds<Floats>(matmul(spec), operandsOf(spec), out)
      }),
      { numRuns: 30 },
    )
  })

  it('depends on nothing but the row and the column', () => {
    fc.assert(
      fc.property(anyShape, fc.boolean(), (spec, wide) => {
        const { m, n, k, transposeA, transposeB } = spec
        const [a, b] = operandsOf(spec)
        // Rows of A and of the transpose of B one by one.
        const rows = (x: Floats, count: number) =>
          x.map((_, at) => x[(at % k) * count + Math.floor(at / k)] as number)
        const [left, right] = [transposeA ? rows(a, m) : a, transposeB ? b : rows(b, n)]
        const single = matmul({
          ...{ dtype: spec.dtype, batch: [m, n], m: 1, n: 1, k, transposeA: false, transposeB: true },
          layouts: {
            a: { ...contiguous([m, n], 1, k), batch: [k, 0] },
            b: { ...contiguous([m, n], 1, k), batch: [0, k] },
          },
        })
        const [each] = runKernel<Floats>(single, [left, right], [new arrayOf[spec.dtype](m * n)])
        setWide(wide)
        try {
          expect(bitsOf(run(spec, a, b)).equals(bitsOf(each as Floats))).toBe(true)
        } finally {
          setWide(false)
        }
      }),
      { numRuns: 30 },
    )
  })
})
