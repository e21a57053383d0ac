import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DType } from '../dtype.js'
import { rowMajor } from '../shape.js'
import { arrayOf, at, dtypes, indicesOf, numbered, shapes, sizeOf } from '../testing/arrays.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { type ReduceSpec, reduce } from './reduce.js'
import type { ReduceKind } from './reduction.js'

const combine: Readonly<Record<ReduceKind, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
}

const identity = (kind: ReduceKind, dtype: DType): number => {
  if (kind === 'sum') return 0
  if (kind === 'prod') return 1
  if (dtype === 'i32') return kind === 'max' ? -(2 ** 31) : 2 ** 31 - 1
  if (dtype === 'bool') return kind === 'max' ? 0 : 1
  return kind === 'max' ? -Infinity : Infinity
}

const keptShape = ({ shape, axes }: ReduceSpec) => shape.filter((_, axis) => !axes.includes(axis))

function naive(spec: ReduceSpec, x: Data): number[] {
  const { kind, dtype, shape, axes } = spec
  const kept = keptShape(spec)
  const own = rowMajor(kept)
  let keptAxis = 0
  const strides = shape.map((_, axis) => (axes.includes(axis) ? 0 : (own[keptAxis++] as number)))
  const out = new Array<number>(sizeOf(kept)).fill(identity(kind, dtype))
  let next = 0
  for (const index of indicesOf(shape)) {
    const place = at(index, strides)
    out[place] = combine[kind](out[place] as number, x[next++] as number)
  }
  return dtype === 'i32' && kind === 'prod' ? out.map(value => Number(BigInt.asIntN(32, BigInt(value)))) : out
}

const run = (spec: ReduceSpec, x: Data): Data =>
  runKernel(reduce(spec), [x], [arrayOf(spec.dtype, sizeOf(keptShape(spec)))])[0] as Data

const specs = shapes.chain(shape =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.shuffledSubarray(shape.map((_, axis) => axis)),
    dtype: dtypes,
    kind: fc.constantFrom<ReduceKind>('sum', 'prod', 'max', 'min'),
  }),
)

describe('reduce', () => {
  it('agrees with a plain loop on whole numbers, for any axes', () => {
    fc.assert(
      fc.property(specs, ({ kind, ...rest }) => {
        const spec = { ...rest, kind: rest.dtype === 'bool' && kind === 'sum' ? 'max' : kind }
        if (spec.dtype === 'bool' && spec.kind === 'prod') spec.kind = 'min'
        const size = sizeOf(spec.shape)
        // Products stay exact: factors are ±1, with few 2s.
        const x =
          spec.kind === 'prod'
            ? arrayOf(
                spec.dtype,
                Array.from({ length: size }, (_, k) => (k % 97 === 5 ? 2 : k % 3 === 0 ? -1 : 1)),
              )
            : numbered(spec.dtype, size)
        expect(Array.from(run(spec, x))).toEqual(naive(spec, x).map(value => value + 0))
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    [[9_003], [0]],
    [[3, 2500], [1]],
    [[1024, 7], [0]],
    [[530, 13], [0]],
    [[9, 515], [0]],
    [[2, 900, 5], [1]],
    [
      [3, 4, 1100],
      [0, 2],
    ],
    [
      [2, 3, 30, 3],
      [0, 2],
    ],
    [[257, 1], [0]],
  ])('reduces %j along %j with trees of several leaves', (shape, axes) => {
    for (const dtype of ['f32', 'f64', 'i32', 'bool'] as const) {
      for (const kind of dtype === 'bool' ? (['max', 'min'] as const) : (['sum', 'max', 'min'] as const)) {
        const x = numbered(dtype, sizeOf(shape))
        const spec = { kind, dtype, shape, axes }
        expect(Array.from(run(spec, x))).toEqual(naive(spec, x).map(value => value + 0))
      }
    }
  })

  it.each([
    { shape: [1 << 18], axes: [0] },
    { shape: [1 << 14, 16], axes: [0] },
  ])('has an error that grows with the logarithm of the length: $shape', ({ shape, axes }) => {
    const size = sizeOf(shape)
    let state = 1
    const x = Float32Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    })
    const exact = naive({ kind: 'sum', dtype: 'f64', shape, axes }, Float64Array.from(x))
    const out = run({ kind: 'sum', dtype: 'f32', shape, axes }, x)
    exact.forEach((value, k) => {
      expect(Math.abs((out[k] as number) - value) / value).toBeLessThan(4 * 2 ** -24)
    })
  })

  it.each(['f32', 'f64'] as const)('gives NaN if there is one, %s', dtype => {
    for (const shape of [[37], [5, 37], [37, 5], [3, 37, 5]]) {
      for (const kind of ['max', 'min'] as const) {
        const size = sizeOf(shape)
        for (const place of [0, Math.floor(size / 2), size - 1]) {
          const x = numbered(dtype, size)
          x[place] = NaN
          const out = run({ kind, dtype, shape, axes: shape.map((_, axis) => axis) }, x)
          expect(Array.from(out)).toEqual([NaN])
        }
      }
    }
  })

  it.each(['f32', 'f64'] as const)('takes +0 for more than −0, in any order, %s', dtype => {
    const special = fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, Number.NaN)
    const cases = fc.record({
      shape: fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 40 })),
      usual: fc.constantFrom(0, -0, -1, -Infinity),
      others: fc.array(fc.tuple(fc.nat(), special), { maxLength: 4 }),
      axes: fc.constantFrom([0], [1], [0, 1]),
      kind: fc.constantFrom<ReduceKind>('max', 'min'),
    })
    fc.assert(
      fc.property(cases, ({ shape, usual, others, axes, kind }) => {
        const x = arrayOf(dtype, sizeOf(shape)).fill(usual)
        for (const [place, value] of others) x[place % x.length] = value
        const spec = { kind, dtype, shape, axes }
        expect(Array.from(run(spec, x))).toEqual(naive(spec, x))
      }),
      { numRuns: 300 },
    )
  })

  it('ignores what lies after its operand, and wraps i32', () => {
    const x = Int32Array.of(2 ** 31 - 1, 1, 1)
    expect(Array.from(run({ kind: 'sum', dtype: 'i32', shape: [3], axes: [0] }, x))).toEqual([-(2 ** 31) + 1])
  })

  it('gives the neutral element of nothing', () => {
    for (const dtype of ['f32', 'f64', 'i32', 'bool'] as const) {
      for (const kind of ['sum', 'prod', 'max', 'min'] as const) {
        if (dtype === 'bool' && (kind === 'sum' || kind === 'prod')) continue
        const out = run({ kind, dtype, shape: [2, 0], axes: [1] }, arrayOf(dtype, 0))
        expect(Array.from(out)).toEqual([identity(kind, dtype), identity(kind, dtype)])
      }
    }
  })

  it('rejects axes that are not there, or twice, and sums of bools', () => {
    const make =
      (axes: number[], dtype: DType = 'f32') =>
      () =>
        reduce({ kind: 'sum', dtype, shape: [2, 3], axes })
    expect(make([2])).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: reduce: expected different axes of [2,3], got [2]]`,
    )
    expect(make([1, 1])).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: reduce: expected different axes of [2,3], got [1,1]]`,
    )
    expect(make([0], 'bool')).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: reduce: expected max or min of bool, got sum]`,
    )
  })
})
