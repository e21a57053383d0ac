import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowMajor } from '../shape.js'
import { arrayOf, at, dtypes, indicesOf, numbered, shapes, sizeOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { copy } from './copy.js'
import { place } from './place.js'

/** A view of an array: axes permuted, each sliced with a step of either sign or 0. */
const views = fc
  .record({
    shape: shapes,
    steps: fc.array(fc.constantFrom(1, 1, 1, 2, 3, -1, -2, 0), { minLength: 4, maxLength: 4 }),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
    offset: fc.nat(5),
  })
  .map(({ shape, steps, order, offset }) => {
    const axes = order.filter(axis => axis < shape.length)
    const source = axes.map(axis => ((shape[axis] as number) - 1) * Math.abs(steps[axis] as number) + 1)
    const own = rowMajor(source.map(length => Math.max(1, length)))
    const strides = shape.map((_, axis) => (own[axes.indexOf(axis)] as number) * (steps[axis] as number))
    const first = shape.reduce(
      (sum, length, axis) => sum + Math.max(0, length - 1) * Math.max(0, -(strides[axis] as number)),
      offset,
    )
    return { shape, strides, offset: first, size: offset + sizeOf(source.map(length => Math.max(1, length))) }
  })

describe('copy', () => {
  it('reads any strided view', () => {
    fc.assert(
      fc.property(views, dtypes, ({ shape, strides, offset, size }, dtype) => {
        const x = numbered(dtype, size)
        const [out] = runKernel(copy({ dtype, shape, strides, offset }), [x], [arrayOf(dtype, sizeOf(shape))])
        const expected = [...indicesOf(shape)].map(index => x[at(index, strides, offset)])
        expect(Array.from(out as ArrayLike<number>)).toEqual(expected)
      }),
      { numRuns: 250 },
    )
  })

  it.each([
    [4, 4],
    [8, 12],
    [5, 4],
    [4, 7],
    [33, 18],
    [3, 50],
    [19, 131],
  ])('transposes %i × %i', (rows, columns) => {
    for (const dtype of ['f32', 'f64', 'i32', 'bool'] as const) {
      const shape = [2, rows, columns]
      const strides = [rows * columns, 1, rows]
      const x = numbered(dtype, 2 * rows * columns)
      const [out] = runKernel(copy({ dtype, shape, strides, offset: 0 }), [x], [arrayOf(dtype, x.length)])
      expect(Array.from(out as ArrayLike<number>)).toEqual(
        [...indicesOf(shape)].map(index => x[at(index, strides)]),
      )
    }
  })

  it('keeps bits, NaN payloads too', () => {
    const bits = Uint32Array.of(0x7fa00001, 0xffc12345, 0x80000000, 1)
    const x = new Float32Array(bits.buffer)
    const [out] = runKernel(
      copy({ dtype: 'f32', shape: [2, 2], strides: [1, 2], offset: 0 }),
      [x],
      [new Float32Array(4)],
    )
    expect(new Uint32Array((out as Float32Array).buffer)).toEqual(
      Uint32Array.of(bits[0]!, bits[2]!, bits[1]!, 1),
    )
  })
})

describe('place', () => {
  it('is the transpose of a slice', () => {
    const slices = shapes.chain(shape =>
      fc.record({
        shape: fc.constant(shape),
        steps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
        before: fc.nat(3),
        after: fc.nat(3),
      }),
    )
    fc.assert(
      fc.property(slices, dtypes, ({ shape, steps, before, after }, dtype) => {
        const source = shape.map(
          (length, axis) => before + Math.max(1, length) * (steps[axis] as number) + after,
        )
        const own = rowMajor(source)
        const strides = own.map((stride, axis) => stride * (steps[axis] as number))
        const offset = own.reduce((sum, stride) => sum + before * stride, 0)
        const x = numbered(dtype, sizeOf(shape))
        const outSize = sizeOf(source)
        const kernel = place({ dtype, shape, outSize, strides, offset })
        const [out] = runKernel(kernel, [x], [arrayOf(dtype, outSize)])
        const expected = new Array<number>(outSize).fill(0)
        let next = 0
        for (const index of indicesOf(shape)) expected[at(index, strides, offset)] = x[next++] as number
        expect(Array.from(out as ArrayLike<number>)).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })
})
