import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrayOf } from '../testing/arrays.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { type ArgsortSpec, argsort } from './argsort.js'
import type { OrderedDType } from './order.js'
import { searchSorted } from './search.js'

/** Numbers with ties, zeros of both signs, infinities and NaN. */
const values = (dtype: OrderedDType, size: number, seed: number): Data => {
  const pool = [3, -1, 0, -0, 7, 3, Infinity, -Infinity, Number.NaN, 0.5, -1, 2, 9, -8]
  const length = dtype === 'i32' ? 6 : pool.length
  return arrayOf(
    dtype,
    Array.from({ length: size }, (_, k) => pool[(k * k * 7 + k * 3 + seed) % length] as number),
  )
}

/** Order with NaN last. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b)
    ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    : a < b
      ? -1
      : Number(a > b)

const dtypes = fc.constantFrom<OrderedDType>('f32', 'f64', 'i32')

describe('argsort', () => {
  it('is the stable order of each row', () => {
    const specs = fc.record({
      dtype: dtypes,
      rows: fc.constantFrom(1, 2, 3, 0),
      length: fc.oneof(fc.nat(9), fc.constantFrom(16, 17, 31, 100)),
      descending: fc.boolean(),
    })
    fc.assert(
      fc.property(specs, fc.nat(100), (spec: ArgsortSpec, seed) => {
        const { dtype, rows, length, descending } = spec
        const x = values(dtype, rows * length, seed)
        const [out] = runKernel(argsort(spec), [x], [new Int32Array(rows * length)])
        const want = Array.from({ length: rows }, (_, row) => {
          const at = (k: number) => x[row * length + k] as number
          const order = (a: number, b: number) => compare(at(a), at(b)) * (descending ? -1 : 1)
          return Array.from({ length }, (_, k) => k).sort(order)
        })
        expect(Array.from(out as Data)).toEqual(want.flat())
      }),
      { numRuns: 250 },
    )
  })

  it('sorts long rows', () => {
    const x = Float32Array.from({ length: 5000 }, (_, k) => Math.sin(k * k))
    const [out] = runKernel(argsort({ dtype: 'f32', rows: 1, length: 5000 }), [x], [new Int32Array(5000)])
    const sorted = Array.from(out as Data, k => x[k] as number)
    expect(sorted).toEqual(Array.from(x.toSorted()))
  })
})

describe('searchSorted', () => {
  it('counts the elements before a value', () => {
    const specs = fc.record({
      dtype: dtypes,
      rows: fc.constantFrom(1, 2),
      length: fc.constantFrom(0, 1, 2, 5, 8, 17),
      count: fc.constantFrom(0, 1, 6),
      side: fc.constantFrom<'left' | 'right'>('left', 'right'),
    })
    fc.assert(
      fc.property(specs, fc.nat(100), (spec, seed) => {
        const { dtype, rows, length, count, side } = spec
        const lists = Array.from({ length: rows }, (_, row) =>
          Array.from(values(dtype, length, seed + row)).sort(compare),
        )
        const sought = values(dtype, rows * count, seed + 5)
        const sorted = arrayOf(dtype, lists.flat())
        const [out] = runKernel(searchSorted(spec), [sorted, sought], [new Int32Array(rows * count)])
        const want = Array.from(sought, (value, k) => {
          const list = lists[Math.floor(k / count)] as number[]
          return list.filter(x => compare(x, value) < (side === 'left' ? 0 : 1)).length
        })
        expect(Array.from(out as Data)).toEqual(want)
      }),
      { numRuns: 150 },
    )
  })
})
