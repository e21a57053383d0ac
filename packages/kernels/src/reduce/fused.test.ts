import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { V } from '../algebra/index.js'
import { type FusedNode, type FusedSpec, fused } from '../map/index.js'
import { rowMajor, sizeOf } from '../shape.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { isReducible, type ReduceKind, reduce, reduceFused } from './index.js'

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

  test('NaN, infinities and signed zeros are those of two kernels', () => {
    const negate: FusedNode = {
      ...{ name: 'neg', algebra: 'f32', dtype: 'f32', operands: [0] },
      body: (m, x) => m.neg(x as V),
    }
    const x = new Float32Array([0, -0, Number.NaN, Infinity, -Infinity, 1, -1, 2])
    const of: FusedSpec = {
      shape: [4, 2],
      inputs: [{ dtype: 'f32', strides: [2, 1], offset: 0 }],
      nodes: [negate],
      outputs: [0],
    }
    for (const kind of ['sum', 'prod', 'max', 'min'] as const) {
      for (const axes of [[0], [1]]) {
        const [stored] = runKernel(fused(of), [x], [new Float32Array(8)])
        const size = axes[0] === 0 ? 2 : 4
        const spec = { kind, dtype: 'f32', shape: [4, 2], axes } as const
        const [expected] = runKernel(reduce(spec), [stored as Data], [new Float32Array(size)])
        const [actual] = runKernel(reduceFused({ kind, of, axes }), [x], [new Float32Array(size)])
        expect(new Uint32Array((actual as Data).buffer)).toEqual(new Uint32Array((expected as Data).buffer))
      }
    }
  })

  test('is refused where axes that go are no neighbours, or elements do not lie along one', () => {
    const whole = (...shape: number[]) => [{ strides: rowMajor(shape) }]
    expect(isReducible([4, 5, 6], whole(4, 5, 6), [0, 2])).toBe(false)
    expect(isReducible([4, 5, 0], whole(4, 5, 0), [0])).toBe(false)
    expect(isReducible([4, 5], whole(4, 5), [])).toBe(false)
    expect(isReducible([9, 513], whole(9, 513), [0])).toBe(false)
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
