import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Mask, V } from '../algebra/index.js'
import { type FusedNode, type FusedSpec, fused } from '../map/index.js'
import { rowMajor, sizeOf } from '../shape.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { isReducible, type ReduceKind, type ReduceSpec, reduce, reduceFused } from './index.js'

type Dtype = 'f32' | 'f64' | 'i32'

const arrayOf = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const

/** Of at most so many operands, what is computed of them: a product, then a sum with each further one. */
const nodesOf = (dtype: Dtype, operands: number): FusedNode[] => {
  const node = (name: string, of: number[], body: FusedNode['body']): FusedNode => ({
    ...{ name, algebra: dtype, dtype, operands: of, body },
  })
  const nodes = [node('square', [0], (m, x) => m.mul(x as V, x as V))]
  for (let k = 1; k < operands; k++) {
    nodes.push(node('add', [k, operands + k - 1], (m, x, y) => m.add(x as V, y as V)))
  }
  if (dtype !== 'i32') nodes.push(node('tanh', [operands + operands - 1], (m, x) => m.tanh(x as V)))
  return nodes
}

interface Case {
  readonly kind: ReduceKind
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly axes: readonly number[]
  /** For each input the axes along which it is repeated, as bits. */
  readonly repeated: readonly number[]
}

/** Reduces what is computed at once, and after it has been stored. */
function both({ kind, dtype, shape, axes, repeated }: Case) {
  const make = arrayOf[dtype]
  const shapes = repeated.map(bits => shape.map((length, axis) => ((bits >> axis) & 1 ? 1 : length)))
  const inputs = shapes.map((own, k) =>
    new make(sizeOf(own)).map((_, at) => (dtype === 'i32' ? ((at * 7 + k) % 19) - 9 : Math.sin(at + 3 * k))),
  )
  const nodes = nodesOf(dtype, inputs.length)
  const of: FusedSpec = {
    shape,
    inputs: shapes.map(own => ({
      dtype,
      strides: rowMajor(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride)),
      offset: 0,
    })),
    nodes,
    outputs: [nodes.length - 1],
  }
  if (!isReducible(shape, of.inputs, axes)) return undefined
  const kept = shape.filter((_, axis) => !axes.includes(axis))
  const result = () => new make(sizeOf(kept)) as Data
  const [stored] = runKernel(fused(of), inputs, [new make(sizeOf(shape))])
  const [expected] = runKernel(reduce({ kind, dtype, shape, axes }), [stored as Data], [result()])
  const [actual] = runKernel(reduceFused({ kind, of, axes }), inputs, [result()])
  return { expected, actual }
}

/** The bytes of a reduction, of what is computed at once and of what was stored; undefined where the first is refused. */
function bitsOfBoth(
  { kind, axes }: Pick<ReduceSpec, 'kind' | 'axes'>,
  of: FusedSpec,
  inputs: readonly Data[],
  dtype: Dtype | 'bool',
) {
  if (!isReducible(of.shape, of.inputs, axes)) return undefined
  const make = { ...arrayOf, bool: Uint8Array }[dtype]
  const result = () => new make(sizeOf(of.shape.filter((_, axis) => !axes.includes(axis)))) as Data
  const [stored] = runKernel(fused(of), inputs, [new make(sizeOf(of.shape)) as Data])
  const [expected] = runKernel(reduce({ kind, dtype, shape: of.shape, axes }), [stored as Data], [result()])
  const [actual] = runKernel(reduceFused({ kind, of, axes }), inputs, [result()])
  return { expected: bytesOf(expected as Data), actual: bytesOf(actual as Data) }
}

const bytesOf = ({ buffer }: Data) => new Uint8Array(buffer)

const isWithin = (at: number, from: number, length: number) => at >= from && at < from + length

describe('a computation that is reduced without being stored', () => {
  test.each<[string, readonly number[], readonly number[]]>([
    ['a long row', [5000], [0]],
    ['a longer one, in leaves and a rest', [70_001], [0]],
    ['long rows', [3, 4100], [1]],
    ['short rows', [700, 10], [1]],
    ['rows of one band and a bit', [411, 10], [1]],
    ['rows of two axes', [5, 30, 20], [1, 2]],
    ['all of several axes', [16, 15, 17], [0, 1, 2]],
    ['few columns', [1000, 10], [0]],
    ['many columns', [300, 700], [0]],
    ['columns in blocks and a rest', [9, 1030], [0]],
    ['an axis in the middle', [4, 33, 21], [1]],
    ['rows behind two axes', [3, 5, 100], [2]],
    ['axes of length 1', [1, 40, 1, 9], [1, 2]],
  ])('%s: the bits of two kernels', (_, shape, axes) => {
    for (const dtype of ['f32', 'f64', 'i32'] as const) {
      for (const kind of ['sum', 'prod', 'max', 'min'] as const) {
        const found = both({ kind, dtype, shape, axes, repeated: [0, 0] })
        expect(found?.actual).toEqual(found?.expected)
        expect(found).toBeDefined()
      }
    }
  })

  test.each<[string, readonly number[], readonly number[]]>([
    ['all', [70, 128], [0, 1]],
    ['all, with leaves of many rows', [3000, 4], [0, 1]],
    ['all, with rows as long as leaves', [5, 1024], [0, 1]],
    ['long rows of two axes', [3, 40, 256], [1, 2]],
  ])('%s, with operands that are repeated: the bits of two kernels', (_, shape, axes) => {
    const last = shape.length - 1
    for (const dtype of ['f32', 'f64', 'i32'] as const) {
      for (const repeated of [
        [0, 1 << (last - 1)],
        [1 << last, 0, 1 << (last - 1)],
      ]) {
        const found = both({ kind: 'sum', dtype, shape, axes, repeated })
        expect(found?.actual).toEqual(found?.expected)
        expect(found).toBeDefined()
      }
    }
  })

  test('whatever the shape, the axes and what is repeated', () => {
    const cases = fc.record({
      kind: fc.constantFrom<ReduceKind>('sum', 'max'),
      dtype: fc.constantFrom<Dtype>('f32', 'f64', 'i32'),
      shape: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
      axes: fc.nat(7),
      repeated: fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }),
    })
    let taken = 0
    fc.assert(
      fc.property(cases, ({ axes, ...rest }) => {
        const own = rest.shape.flatMap((_, axis) => ((axes >> axis) & 1 ? [axis] : []))
        const found = both({ ...rest, axes: own })
        if (found) taken++
        expect(found?.actual).toEqual(found?.expected)
      }),
      { numRuns: 300 },
    )
    expect(taken).toBeGreaterThan(100)
  })

  test('of bools, and of what bools choose', () => {
    const chosen: FusedNode = {
      ...{ name: 'where', algebra: 'f32', dtype: 'f32', operands: [0, 1, 2] },
      body: (m, mask, x, y) => m.select(mask as Mask, x as V, y as V),
    }
    const isLess: FusedNode = {
      ...{ name: 'less', algebra: 'f32', dtype: 'bool', operands: [1, 2] },
      body: (m, x, y) => m.less(x as V, y as V),
    }
    const both: FusedNode = {
      ...{ name: 'and', algebra: 'bool', dtype: 'bool', operands: [0, 3] },
      body: (m, a, b) => m.and(a as Mask, b as Mask),
    }
    const shapes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 2 })
    const cases = fc.record({
      shape: shapes,
      axis: fc.nat(1),
      repeated: fc.nat(3),
      of: fc.constantFrom('numbers', 'bools'),
      kind: fc.constantFrom<ReduceKind>('max', 'min', 'sum'),
      seed: fc.nat(1000),
    })
    fc.assert(
      fc.property(cases, ({ shape, axis, repeated, of: what, kind, seed }) => {
        const size = sizeOf(shape)
        const own = shape.map((length, k) => ((repeated >> k) & 1 ? 1 : length))
        const number = (k: number) => Math.sin(seed + 2.3 * k)
        const mask = Uint8Array.from({ length: sizeOf(own) }, (_, k) => (number(k * k) > -0.6 ? 1 : 0))
        const [x, y] = [1, 2].map(by => Float32Array.from({ length: size }, (_, k) => number(k * by)))
        const whole = rowMajor(shape)
        const of: FusedSpec = {
          shape,
          inputs: [
            {
              dtype: 'bool',
              strides: rowMajor(own).map((stride, k) => (own[k] === 1 ? 0 : stride)),
              offset: 0,
            },
            { dtype: 'f32', strides: whole, offset: 0 },
            { dtype: 'f32', strides: whole, offset: 0 },
          ],
          nodes: what === 'numbers' ? [chosen] : [isLess, both],
          outputs: [what === 'numbers' ? 0 : 1],
        }
        const spec = {
          kind: what === 'bools' && kind === 'sum' ? ('max' as const) : kind,
          axes: [Math.min(axis, shape.length - 1)],
        }
        const found = bitsOfBoth(spec, of, [mask, x as Data, y as Data], what === 'bools' ? 'bool' : 'f32')
        expect(found?.actual).toEqual(found?.expected)
      }),
      { numRuns: 200 },
    )
  })

  test('of slices, wherever they begin', () => {
    const cases = fc.record({
      dtype: fc.constantFrom<Dtype>('f32', 'f64', 'i32'),
      shape: fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 2, max: 70 })),
      before: fc.tuple(fc.nat(3), fc.nat(9)),
      behind: fc.nat(9),
      axis: fc.nat(1),
    })
    fc.assert(
      fc.property(cases, ({ dtype, shape: [rows, columns], before: [above, left], behind, axis }) => {
        const width = left + columns + behind
        const data = new arrayOf[dtype]((above + rows) * width).map((_, k) =>
          dtype === 'i32' ? (k % 23) - 9 : Math.sin(k),
        )
        const nodes = nodesOf(dtype, 1)
        const of: FusedSpec = {
          shape: [rows, columns],
          inputs: [{ dtype, strides: [width, 1], offset: above * width + left }],
          nodes,
          outputs: [nodes.length - 1],
        }
        const found = bitsOfBoth({ kind: 'sum', axes: [axis] }, of, [data], dtype)
        expect(found?.actual).toEqual(found?.expected)
        const cut = data.filter((_, k) => k >= above * width && isWithin(k % width, left, columns))
        const copied = {
          ...of,
          inputs: [{ dtype, strides: [columns, 1], offset: 0 }],
        }
        expect(bitsOfBoth({ kind: 'sum', axes: [axis] }, copied, [cut], dtype)).toEqual(found)
      }),
      { numRuns: 150 },
    )
  })

  test.each<[string, readonly number[], readonly number[], readonly number[]]>([
    ['one after another', [4, 2], [1], [1, 2, 3, 4]],
    ['of columns', [4, 2], [0], [1, 2, 3, 4]],
    ['at leaves of a row', [9000], [0], [1023, 1024, 4095, 4096, 8191, 8192, 8999]],
    ['at bands of short rows', [900, 10], [1], [9, 10, 4089, 4090, 4099, 4100, 8190, 8999]],
    ['at groups and leaves of few columns', [600, 6], [0], [41, 47, 48, 1535, 1536, 3071, 3072, 3599]],
    ['at blocks of columns', [20, 1030], [0], [511, 512, 1023, 1024, 1029, 8240, 8239, 16_480, 20_599]],
  ])('NaN, infinities and signed zeros %s are those of two kernels', (_, shape, axes, places) => {
    const negate: FusedNode = {
      ...{ name: 'neg', algebra: 'f32', dtype: 'f32', operands: [0] },
      body: (m, x) => m.neg(x as V),
    }
    const of: FusedSpec = {
      shape,
      inputs: [{ dtype: 'f32', strides: rowMajor(shape), offset: 0 }],
      nodes: [negate],
      outputs: [0],
    }
    for (const usual of [0, -0, 1, -1]) {
      for (const unusual of [0, -0, Number.NaN, Infinity, -Infinity]) {
        const x = new Float32Array(sizeOf(shape)).fill(usual)
        for (const place of places) x[place] = unusual
        for (const kind of ['sum', 'prod', 'max', 'min'] as const) {
          const found = bitsOfBoth({ kind, axes }, of, [x], 'f32')
          expect(found?.actual).toEqual(found?.expected)
          expect(found).toBeDefined()
        }
      }
    }
  })

  test('is refused where axes that go are no neighbours, or elements do not lie along one', () => {
    const whole = (...shape: number[]) => [{ strides: rowMajor(shape) }]
    expect(isReducible([4, 5, 6], whole(4, 5, 6), [0, 2])).toBe(false)
    expect(isReducible([4, 5, 0], whole(4, 5, 0), [0])).toBe(false)
    expect(isReducible([4, 5], whole(4, 5), [])).toBe(false)
    expect(isReducible([9, 513], whole(9, 513), [0])).toBe(false)
    expect(isReducible([9, 1], [{ strides: [2, 1] }], [0])).toBe(false)
    expect(isReducible([100, 100], [{ strides: [0, 1] }], [0, 1])).toBe(false)
    expect(() =>
      reduceFused({
        kind: 'sum',
        of: {
          shape: [2, 2, 2],
          inputs: [{ dtype: 'f32', strides: [4, 2, 1], offset: 0 }],
          nodes: nodesOf('f32', 1),
          outputs: [1],
        },
        axes: [0, 2],
      }),
    ).toThrow(RangeError)
  })
})
