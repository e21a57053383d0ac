import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { V } from '../algebra/index.js'
import { assemble } from '../assemble.js'
import { reduceFused } from '../reduce/index.js'
import { rowMajor, sizeOf } from '../shape.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import type { ElementBody } from './element.js'
import { fused } from './fused.js'
import type { FusedInput, FusedNode } from './fused-spec.js'

type Dtype = 'f32' | 'f64' | 'i32'

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array }

const bodies: Readonly<Record<string, ElementBody>> = {
  add: (m, x, y) => m.add(x as V, y as V),
  sub: (m, x, y) => m.sub(x as V, y as V),
  mul: (m, x, y) => m.mul(x as V, y as V),
  min: (m, x, y) => m.min(x as V, y as V),
  tanh: (m, x) => m.tanh(x as V),
}

const namesFor = (dtype: Dtype) => Object.keys(bodies).filter(name => dtype !== 'i32' || name !== 'tanh')

/** Computations of more nodes than a function has, each of two earlier values, most of them near. */
const computations = fc.record({
  dtype: fc.constantFrom<Dtype>('f32', 'f64', 'i32'),
  shape: fc.oneof(
    fc.constant([]),
    fc.tuple(fc.integer({ min: 1, max: 21 })),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 11 })),
  ),
  /** For each input whether it is one number. */
  repeated: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  steps: fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)), {
    minLength: 257,
    maxLength: 800,
    size: 'max',
  }),
  stored: fc.uniqueArray(fc.nat(256), { minLength: 1, maxLength: 9 }),
})

test('many nodes have the bits of few at a time, and nothing else is touched', () => {
  fc.assert(
    fc.property(computations, ({ dtype, shape, repeated, steps, stored }) => {
      const size = sizeOf(shape)
      const make = (length: number): Data => new arrays[dtype](length)
      const names = namesFor(dtype)
      const scale = dtype === 'i32' ? 1000 : 1
      const data = repeated.map((isOne, k) =>
        make(isOne ? 1 : size).map((_, at) => scale * Math.sin(at + 3 * k)),
      )
      const inputs = repeated.map((isOne): FusedInput => {
        const strides = rowMajor(shape)
        return { dtype, strides: isOne ? strides.map(() => 0) : strides, offset: 0 }
      })
      const nodes = steps.map(([kind, a, b], k): FusedNode => {
        const last = inputs.length + k - 1
        const pick = (n: number) => last - (n < 80 ? n % Math.min(last + 1, 6) : n % (last + 1))
        const name = names[kind % names.length] as string
        const operands = name === 'tanh' ? [pick(a)] : [pick(a), pick(b)]
        return { name, algebra: dtype, dtype, operands, body: bodies[name] as ElementBody }
      })
      const outputs = [...stored.filter(k => k !== nodes.length - 1), nodes.length - 1]
      const results = runKernel(
        fused({ shape, inputs, nodes, outputs }),
        data,
        outputs.map(() => make(size)),
      )

      const values: Data[] = [...data]
      const shown = [...inputs]
      for (let from = 0; from < nodes.length; from += 50) {
        const piece = nodes.slice(from, from + 50)
        const first = inputs.length + from
        const reads = [...new Set(piece.flatMap(({ operands }) => operands))].filter(k => k < first)
        const placeOf = (k: number) => (k < first ? reads.indexOf(k) : reads.length + k - first)
        const spec = {
          shape,
          inputs: reads.map(k => shown[k] as FusedInput),
          nodes: piece.map(node => ({ ...node, operands: node.operands.map(placeOf) })),
          outputs: piece.map((_, k) => k),
        }
        const made = piece.map(() => make(size))
        values.push(
          ...runKernel(
            fused(spec),
            reads.map(k => values[k] as Data),
            made,
          ),
        )
        for (const _ of piece) shown.push({ dtype, strides: rowMajor(shape), offset: 0 })
      }
      outputs.forEach((node, k) => {
        expect(results[k]).toEqual(values[inputs.length + node])
      })
      if (size === 1) return
      const axes = shape.map((_, axis) => axis)
      const of = { shape, inputs, nodes, outputs: outputs.slice(-1) }
      const [largest] = runKernel(reduceFused({ kind: 'max', axes, of }), data, [make(1)])
      expect(largest?.[0]).toBe(Math.max(...(results.at(-1) as Data)))
    }),
    { numRuns: 30 },
  )
})

test('the same nodes may have other outputs', () => {
  const nodes = Array.from({ length: 600 }, (_, k) => ({
    name: 'add',
    algebra: 'f64' as const,
    dtype: 'f64' as const,
    operands: [k, k === 0 ? 0 : 1],
    body: bodies['add'] as ElementBody,
  }))
  const input = { dtype: 'f64' as const, strides: [], offset: 0 }
  const run = (outputs: readonly number[]) =>
    runKernel(
      fused({ shape: [], inputs: [input], nodes, outputs }),
      [Float64Array.of(1)],
      outputs.map(() => new Float64Array(1)),
    ).map(([x]) => x)
  // 2 is added again and again to 1 + 1.
  expect(run([599])).toEqual([1200])
  expect(run([0, 300, 599])).toEqual([2, 602, 1200])
})

test('chunks that do the same are one function', () => {
  const chain = (length: number) =>
    fused({
      shape: [],
      inputs: [{ dtype: 'f64', strides: [], offset: 0 }],
      nodes: Array.from({ length }, (_, k) => ({
        name: 'add',
        algebra: 'f64' as const,
        dtype: 'f64' as const,
        operands: [k, k],
        body: bodies['add'] as ElementBody,
      })),
      outputs: [length - 1],
    })
  const bytes = (length: number) => assemble([chain(length)], { fma: false }, { shared: false }).length
  expect(bytes(256 * 40)).toBeLessThan(1.5 * bytes(256 * 4))
  expect(chain(256 * 40).scratchBytes).toBeLessThan(256)
})
