import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runKernel } from '../testing/run-kernel.js'
import { contiguous, type MatrixLayout } from './layout.js'
import { matmul } from './matmul.js'

type Floats = Float32Array | Float64Array

const make = (dtype: 'f32' | 'f64', length: number): Floats =>
  dtype === 'f32' ? new Float32Array(length) : new Float64Array(length)

const random = (dtype: 'f32' | 'f64', length: number, seed: number): Floats =>
  make(dtype, length).map((_, k) => Math.sin(seed + 7.3 * k))

/** What memory is filled with that no kernel has written. */
const poisonOf = (dtype: 'f32' | 'f64'): number => {
  const bytes = new Uint8Array(8).fill(0x7b).buffer
  return (dtype === 'f32' ? new Float32Array(bytes)[0] : new Float64Array(bytes)[0]) as number
}

describe('matrices that lie apart', () => {
  const length = fc.integer({ min: 1, max: 40 })
  const gap = fc.integer({ min: 0, max: 5 })
  const shapes = fc.record({
    dtype: fc.constantFrom('f32' as const, 'f64' as const),
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    m: length,
    n: length,
    k: fc.integer({ min: 0, max: 600 }),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  /** How an operand lies: the order of its axes, gaps, and which axes of its batch are shared. */
  const placing = fc.record({
    gaps: fc.array(gap, { minLength: 5, maxLength: 5 }),
    order: fc.nat(),
    shared: fc.nat(7),
  })

  /** A layout whose rows lie anywhere among the axes of the batch, and the elements it spans. */
  function place(
    batch: readonly number[],
    [rows, columns]: readonly [number, number],
    { gaps, order, shared }: { gaps: readonly number[]; order: number; shared: number },
    writes: boolean,
  ): { layout: MatrixLayout; size: number } {
    const axes = [...batch, rows]
    const strides = axes.map(() => 0)
    let extent = columns
    // Axes from the innermost to the outermost, begun anywhere.
    axes.forEach((_, k) => {
      const axis = (k + order) % axes.length
      if (axis < batch.length && !writes && (shared >> axis) & 1) return
      const row = axis === batch.length
      const stride = extent + (row && (rows === 1 || columns === 1) ? 0 : (gaps[k] as number))
      strides[axis] = stride
      extent = stride * ((axes[axis] as number) - 1) + extent
    })
    const offset = gaps[4] as number
    return {
      layout: { offset, batch: strides.slice(0, -1), row: strides.at(-1) as number },
      size: Math.max(0, offset + extent),
    }
  }

  it('are the same bits as those of matrices one after another, and nothing between them is touched', () => {
    fc.assert(
      fc.property(shapes, placing, placing, placing, (shape, ofA, ofB, ofC) => {
        const { dtype, batch, m, n, k, transposeA, transposeB } = shape
        const a = place(batch, transposeA ? [k, m] : [m, k], ofA, false)
        const b = place(batch, transposeB ? [n, k] : [k, n], ofB, false)
        const c = place(batch, [m, n], ofC, true)
        const vectors = [m === 1 && transposeA, n === 1 && !transposeB, n === 1]
        fc.pre([a, b, c].every(({ layout }, j) => !vectors[j] || layout.row === 1))
        const [x, y] = [random(dtype, a.size, 1), random(dtype, b.size, 2)]
        const layouts = { a: a.layout, b: b.layout, c: c.layout }
        const [out] = runKernel(matmul({ ...shape, layouts }), [x, y], [make(dtype, c.size)]) as [Floats]
        const [plainX, plainY] = [
          gathered(x, a.layout, batch, transposeA ? [k, m] : [m, k]),
          gathered(y, b.layout, batch, transposeB ? [n, k] : [k, n]),
        ]
        const size = batch.reduce((product, one) => product * one, m * n)
        const [expected] = runKernel(matmul(shape), [plainX, plainY], [make(dtype, size)])
        expect(gathered(out, c.layout, batch, [m, n])).toEqual(expected)
        const written = new Set(
          gathered(
            Float64Array.from({ length: c.size }, (_, at) => at),
            c.layout,
            batch,
            [m, n],
          ),
        )
        out.forEach((element, at) => {
          if (!written.has(at)) expect(element).toBe(poisonOf(dtype))
        })
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['f32', 4, 30, 9, 1024],
    ['f32', 8, 40, 17, 512],
    ['f32', 24, 64, 64, 1024],
    ['f32', 61, 64, 30, 1024],
    ['f32', 3, 64, 64, 1024],
    ['f32', 9, 64, 65, 512],
    ['f64', 8, 31, 33, 512],
  ] as const)(
    'are the same bits where rows share sets of a cache: %s, %i × %i · %i, %i apart',
    (...shape) => {
      const [dtype, m, n, k, row] = shape
      const spec = { dtype, batch: [], m, n, k, transposeA: true, transposeB: false }
      const layout = { offset: 0, batch: [], row }
      const [x, y] = [random(dtype, (k - 1) * row + m, 1), random(dtype, (k - 1) * row + n, 2)]
      const apart = { ...spec, layouts: { a: layout, b: layout } }
      const [out] = runKernel(matmul(apart), [x, y], [make(dtype, m * n)])
      const [a, b] = [gathered(x, layout, [], [k, m]), gathered(y, layout, [], [k, n])]
      const [expected] = runKernel(matmul(spec), [a, b], [make(dtype, m * n)])
      expect(out).toEqual(expected)
    },
  )

  /** Matrices one after another. */
  function gathered(
    data: Floats,
    { offset, batch: strides, row }: MatrixLayout,
    batch: readonly number[],
    [rows, columns]: readonly [number, number],
  ): Floats {
    const firsts = batch.reduce(
      (so, length, axis) =>
        so.flatMap(first => Array.from({ length }, (_, k) => first + k * (strides[axis] as number))),
      [offset],
    )
    const rowsOf = (first: number) => Array.from({ length: rows }, (_, i) => first + i * row)
    const elements = firsts
      .flatMap(rowsOf)
      .flatMap(first => Array.from({ length: columns }, (_, j) => data[first + j] as number))
    const type = data instanceof Float32Array ? Float32Array : Float64Array
    return type.from(elements)
  }

  it('a vector with gaps, and a layout of another batch, are refused', () => {
    const spec = { dtype: 'f32', batch: [2], m: 1, n: 3, k: 4, transposeA: true, transposeB: false } as const
    const a = { offset: 0, batch: [8], row: 2 }
    expect(() => matmul({ ...spec, layouts: { a } })).toThrow('the vector A has gaps of 2')
    const c = contiguous([], 1, 3)
    expect(() => matmul({ ...spec, layouts: { c } })).toThrow('a layout has 0 axes, the batch 1')
  })
})
