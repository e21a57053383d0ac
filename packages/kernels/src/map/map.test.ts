import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Algebra, V } from '../algebra/index.js'
import type { DType } from '../dtype.js'
import { rowMajor } from '../shape.js'
import { arrayOf, at, dtypes, indicesOf, numbered, shapes, sizeOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { map } from './map.js'

/** A shape that broadcasts to another: some leading axes missing, some lengths 1. */
const broadcasting = (shape: readonly number[]) =>
  fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([missing, ones]) => shape.slice(missing).map((length, axis) => (ones[axis] ? 1 : length)))

const cases = shapes.chain(shape =>
  fc.record({
    shape: fc.constant(shape),
    a: broadcasting(shape),
    b: broadcasting(shape),
    condition: broadcasting(shape),
    dtype: dtypes,
  }),
)

const strides = (from: readonly number[], to: readonly number[]) => {
  const own = rowMajor(from)
  const missing = to.length - from.length
  return to.map((_, axis) =>
    axis < missing || from[axis - missing] === 1 ? 0 : (own[axis - missing] as number),
  )
}

const operand = (dtype: DType, shape: readonly number[]) => ({ dtype, shape })

describe('map', () => {
  it('selects elements of broadcast operands', () => {
    fc.assert(
      fc.property(cases, ({ shape, a, b, condition, dtype }) => {
        const [x, y] = [numbered(dtype, sizeOf(a)), numbered(dtype, sizeOf(b) + 3).subarray(3)]
        const c = numbered('bool', sizeOf(condition))
        const kernel = map({
          name: 'where',
          dtype,
          inputs: [operand('bool', condition), operand(dtype, a), operand(dtype, b)],
          output: operand(dtype, shape),
          body: (m, mask, x, y) => m.select(mask as V, x as V, y as V),
        })
        const [out] = runKernel(kernel, [c, x, y.slice()], [arrayOf(dtype, sizeOf(shape))])
        const [cs, xs, ys] = [condition, a, b].map(from => strides(from, shape)) as [
          number[],
          number[],
          number[],
        ]
        const expected = [...indicesOf(shape)].map(i => (c[at(i, cs)] ? x[at(i, xs)] : y[at(i, ys)]))
        expect(Array.from(out as ArrayLike<number>)).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  it('stores truth values as bytes', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom('f32', 'f64', 'i32'), (shape, dtype: DType) => {
        const row = shape.slice(-1)
        const [x, y] = [numbered(dtype, sizeOf(shape)), numbered(dtype, sizeOf(row))]
        const kernel = map({
          name: 'less',
          dtype,
          inputs: [operand(dtype, shape), operand(dtype, row)],
          output: operand('bool', shape),
          body: (m, x, y) => m.less(x as V, y as V),
        })
        const [out] = runKernel(kernel, [x, y], [arrayOf('bool', sizeOf(shape))])
        const expected = Array.from(x, (value, k) => Number(value < (y[k % sizeOf(row)] as number)))
        expect(Array.from(out as ArrayLike<number>)).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  it('gives the same bits in every lane, at every length and in every row', () => {
    const body = (m: Algebra, x: V) => m.tanh(m.madd(m.sin(x), m.exp(x), m.log(x)))
    for (const dtype of ['f32', 'f64'] as const) {
      for (const fma of [true, false]) {
        const x = arrayOf(
          dtype,
          Array.from({ length: 41 }, (_, k) => (k + 1) / 7),
        )
        const kernelOf = (shape: readonly number[]) =>
          map({
            name: 'body',
            dtype,
            inputs: [operand(dtype, shape)],
            output: operand(dtype, shape),
            body: body as never,
          })
        const [whole] = runKernel(kernelOf([41]), [x], [arrayOf(dtype, 41)], { fma })
        for (const length of [1, 2, 3, 5, 8, 17]) {
          const [part] = runKernel(kernelOf([length]), [x.subarray(0, length)], [arrayOf(dtype, length)], {
            fma,
          })
          expect(part).toEqual(whole?.subarray(0, length))
        }
      }
    }
  })

  it('rejects operands that do not broadcast or have another dtype', () => {
    const spec = {
      name: 'add',
      dtype: 'f32',
      output: operand('f32', [2, 3]),
      body: (m: Algebra, ...[x, y]: V[]) => m.add(x as V, y as V),
    } as const
    const message = (inputs: readonly { dtype: DType; shape: readonly number[] }[]) => () =>
      map({ ...spec, inputs })
    expect(message([operand('f32', [2]), operand('f32', [3])])).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: add: expected an operand that broadcasts to [2,3], got [2]]`,
    )
    expect(message([operand('f32', [1, 2, 3])])).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: add: expected an operand that broadcasts to [2,3], got [1,2,3]]`,
    )
    expect(message([operand('f64', [3])])).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: add: expected operands of dtype f32 or bool, got f64, f32]`,
    )
  })

  it('names equal work equally: axes that go together are one', () => {
    const keyOf = (a: number[], out: number[]) =>
      map({
        name: 'f',
        dtype: 'f32',
        inputs: [operand('f32', a)],
        output: operand('f32', out),
        body: (_, x) => x as V,
      }).key
    expect(keyOf([2, 3, 4], [2, 3, 4])).toBe(keyOf([24], [24]))
    expect(keyOf([1, 3, 4], [2, 3, 4])).toBe(keyOf([12], [2, 12]))
    expect(keyOf([], [2, 3])).toMatchInlineSnapshot(`"map:f:f32:f32,f32:6:0,1"`)
  })
})
