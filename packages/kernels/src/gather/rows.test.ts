import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrayOf, dtypes, numbered } from '../testing/arrays.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { type RowsSpec, scatterAddRows, takeRows } from './rows.js'

/** The row that each index chooses, with the places of both rows; undefined for none. */
function* choices({ batch, outer, length, count, inner }: RowsSpec, indices: Data) {
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const index = indices[b * count + k] as number
        const row = index < 0 ? index + length : index
        const inside = row >= 0 && row < length
        for (let i = 0; i < inner; i++) {
          yield {
            small: ((b * outer + o) * count + k) * inner + i,
            large: inside ? ((b * outer + o) * length + row) * inner + i : undefined,
          }
        }
      }
    }
  }
}

const specs = fc.record({
  dtype: dtypes,
  batch: fc.constantFrom(1, 1, 2, 3),
  outer: fc.constantFrom(1, 1, 2),
  length: fc.constantFrom(1, 4, 5, 0),
  count: fc.constantFrom(1, 3, 6, 0),
  inner: fc.constantFrom(1, 2, 3, 4, 7, 17, 0),
})

const indicesOf = ({ batch, count }: RowsSpec, seed: number) =>
  Int32Array.from({ length: batch * count }, (_, k) => (((k + seed) * 7919) % 15) - 7)

describe('takeRows', () => {
  it('agrees with a plain loop, indices outside included', () => {
    fc.assert(
      fc.property(specs, fc.nat(20), fc.constantFrom('zero', 'nan'), (spec, seed, missing) => {
        const { dtype, batch, outer, length, count, inner } = spec
        const x = numbered(dtype, batch * outer * length * inner)
        const indices = indicesOf(spec, seed)
        const nothing = missing === 'nan' && dtype.startsWith('f') ? Number.NaN : 0
        const want: number[] = []
        for (const { small, large } of choices(spec, indices)) {
          want[small] = large === undefined ? nothing : (x[large] as number)
        }
        const kernel = takeRows({ ...spec, missing })
        const [out] = runKernel(kernel, [x, indices], [arrayOf(dtype, batch * outer * count * inner)])
        expect(Array.from(out as Data)).toEqual(want)
      }),
      { numRuns: 200 },
    )
  })
})

describe('scatterAddRows', () => {
  it('agrees with a plain loop', () => {
    fc.assert(
      fc.property(specs, fc.nat(20), (spec, seed) => {
        const { dtype, batch, outer, length, count, inner } = spec
        if (dtype === 'bool') return
        const rows = numbered(dtype, batch * outer * count * inner)
        const indices = indicesOf(spec, seed)
        const want = new Array<number>(batch * outer * length * inner).fill(0)
        for (const { small, large } of choices(spec, indices)) {
          if (large !== undefined) want[large] = (want[large] as number) + (rows[small] as number)
        }
        const [out] = runKernel(scatterAddRows(spec), [rows, indices], [arrayOf(dtype, want.length)])
        expect(Array.from(out as Data)).toEqual(want)
      }),
      { numRuns: 200 },
    )
  })

  it('adds in the order of the indices', () => {
    const spec = { dtype: 'f32', batch: 1, outer: 1, length: 1, count: 3, inner: 1 } as const
    const sumOf = (...rows: number[]) =>
      runKernel(
        scatterAddRows(spec),
        [Float32Array.from(rows), new Int32Array(3)],
        [new Float32Array(1)],
      )[0]?.[0]
    expect(sumOf(2 ** 24, 1, 1)).toBe(2 ** 24)
    expect(sumOf(1, 1, 2 ** 24)).toBe(2 ** 24 + 2)
  })

  it('takes no bools', () => {
    const spec = { dtype: 'bool', batch: 1, outer: 1, length: 1, count: 1, inner: 1 } as const
    expect(() => scatterAddRows(spec)).toThrow(TypeError)
  })
})
