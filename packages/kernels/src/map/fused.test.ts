import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { V } from '../algebra/index.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { fused } from './fused.js'
import type { FusedNode, FusedSpec } from './fused-spec.js'
import { map } from './map.js'

type Dtype = 'f32' | 'f64'

const make = (dtype: Dtype, size: number) =>
  dtype === 'f32' ? new Float32Array(size) : new Float64Array(size)

const unary = {
  exp: (dtype: Dtype): Omit<FusedNode, 'operands'> => ({
    name: 'exp',
    algebra: dtype,
    dtype,
    body: (m, x) => m.exp(x as V),
  }),
  tanh: (dtype: Dtype): Omit<FusedNode, 'operands'> => ({
    name: 'tanh',
    algebra: dtype,
    dtype,
    body: (m, x) => m.tanh(x as V),
  }),
  neg: (dtype: Dtype): Omit<FusedNode, 'operands'> => ({
    name: 'neg',
    algebra: dtype,
    dtype,
    body: (m, x) => m.neg(x as V),
  }),
}

const binary = {
  mul: (dtype: Dtype): Omit<FusedNode, 'operands'> => ({
    name: 'mul',
    algebra: dtype,
    dtype,
    body: (m, x, y) => m.mul(x as V, y as V),
  }),
  add: (dtype: Dtype): Omit<FusedNode, 'operands'> => ({
    name: 'add',
    algebra: dtype,
    dtype,
    body: (m, x, y) => m.add(x as V, y as V),
  }),
}

/** A computation: nodes that read inputs and earlier nodes, and which are stored. */
const computations = fc.record({
  dtype: fc.constantFrom<Dtype>('f32', 'f64'),
  shape: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
  /** For each input the axes along which it is repeated. */
  repeated: fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }),
  steps: fc.array(
    fc.record({
      name: fc.constantFrom('exp', 'tanh', 'neg', 'mul', 'add'),
      of: fc.tuple(fc.nat(), fc.nat()),
      stored: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  ),
})

describe('fused', () => {
  test('gives the bits of one kernel for each node, and touches nothing else', () => {
    fc.assert(
      fc.property(computations, ({ dtype, shape, repeated, steps }) => {
        const size = shape.reduce((product, length) => product * length, 1)
        const shapes = repeated.map(axes => shape.map((length, axis) => ((axes >> axis) & 1 ? 1 : length)))
        const inputs = shapes.map((own, k) =>
          make(
            dtype,
            own.reduce((product, length) => product * length, 1),
          ).map((_, at) => Math.sin(at + 3 * k)),
        )
        const nodes = steps.map(({ name, of: [a, b] }, k): FusedNode => {
          const from = inputs.length + k
          return name in unary
            ? { ...unary[name as keyof typeof unary](dtype), operands: [a % from] }
            : { ...binary[name as keyof typeof binary](dtype), operands: [a % from, b % from] }
        })
        const outputs = steps.flatMap(({ stored }, k) => (stored || k === steps.length - 1 ? [k] : []))
        const strides = shapes.map(own => {
          let stride = 1
          const made = own.map(() => 0)
          for (let axis = own.length - 1; axis >= 0; axis--) {
            made[axis] = own[axis] === 1 ? 0 : stride
            stride *= own[axis] as number
          }
          return made
        })
        const spec: FusedSpec = {
          shape,
          inputs: strides.map(list => ({ dtype, strides: list, offset: 0 })),
          nodes,
          outputs,
        }
        const results = runKernel(
          fused(spec),
          inputs,
          outputs.map(() => make(dtype, size)),
        )
        const values: Data[] = [...inputs]
        const shapesOf = [...shapes]
        for (const { name, algebra, operands, body } of nodes) {
          const kernel = map({
            name,
            dtype: algebra,
            inputs: operands.map(k => ({ dtype, shape: shapesOf[k] as number[] })),
            output: { dtype, shape },
            body,
          })
          const operandData = operands.map(k => values[k] as Data)
          values.push(runKernel(kernel, operandData, [make(dtype, size)])[0] as Data)
          shapesOf.push(shape)
        }
        outputs.forEach((node, k) => {
          expect(results[k]).toEqual(values[inputs.length + node])
        })
      }),
      { numRuns: 150 },
    )
  })

  test('reads a view from its offset on', () => {
    const node = { ...unary.neg('f32'), operands: [0] }
    const kernel = fused({
      shape: [2, 2],
      inputs: [{ dtype: 'f32', strides: [3, 1], offset: 1 }],
      nodes: [node],
      outputs: [0],
    })
    const [out] = runKernel(kernel, [Float32Array.of(0, 1, 2, 3, 4, 5)], [new Float32Array(4)])
    expect(Array.from(out as Float32Array)).toEqual([-1, -2, -4, -5])
  })

  test('what cannot be read row by row, and vectors of different lanes, are refused', () => {
    const node = { ...unary.neg('f32'), operands: [0] }
    const strided = { dtype: 'f32', strides: [1, 2], offset: 0 } as const
    expect(() => fused({ shape: [2, 2], inputs: [strided], nodes: [node], outputs: [0] })).toThrow(RangeError)
    const wide = { dtype: 'f64', strides: [1], offset: 0 } as const
    expect(() => fused({ shape: [2], inputs: [wide], nodes: [node], outputs: [0] })).toThrow(TypeError)
  })
})
