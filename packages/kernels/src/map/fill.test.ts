import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrayOf, indicesOf, shapes, sizeOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { fill } from './fill.js'
import { iota } from './iota.js'

describe('fill', () => {
  it.each(['f32', 'f64', 'i32', 'bool'] as const)('writes one value everywhere, %s', dtype => {
    for (const size of [0, 1, 3, 4, 5, 17, 70]) {
      for (const value of dtype === 'bool' ? [0, 1] : [0, -0, 1, -7]) {
        const [out] = runKernel(fill({ dtype, size, value }), [], [arrayOf(dtype, size)])
        expect(out).toEqual(arrayOf(dtype, new Array<number>(size).fill(value)))
      }
    }
  })

  it('tells −0 from 0', () => {
    const keyOf = (value: number) => fill({ dtype: 'f32', size: 1, value }).key
    expect(keyOf(-0)).not.toBe(keyOf(0))
  })
})

describe('iota', () => {
  it('counts along an axis', () => {
    const cases = shapes
      .filter(shape => shape.length > 0)
      .chain(shape => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }))
    fc.assert(
      fc.property(cases, fc.constantFrom('f32', 'f64', 'i32'), ({ shape, axis }, dtype) => {
        const [out] = runKernel(iota({ dtype, shape, axis }), [], [arrayOf(dtype, sizeOf(shape))])
        expect(Array.from(out as ArrayLike<number>)).toEqual([...indicesOf(shape)].map(index => index[axis]))
      }),
      { numRuns: 150 },
    )
  })

  it('rejects an axis that is not there', () => {
    expect(() => iota({ dtype: 'i32', shape: [2, 3], axis: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: iota: expected an axis from 0 to 1, got 2]`,
    )
  })
})
