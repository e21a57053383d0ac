import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { V } from '../algebra/index.js'
import { reduceFused } from '../reduce/index.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { fused } from './fused.js'
import type { FusedNode, FusedSpec } from './fused-spec.js'
import { interleaving, mostWaiting } from './interleaving.js'

type DType = 'f32' | 'f64'

const node = (name: 'add' | 'tanh', dtype: DType, operands: readonly number[]): FusedNode => ({
  name,
  algebra: dtype,
  dtype,
  operands,
  body: (m, x, y) => (name === 'add' ? m.add(x as V, y as V) : m.tanh(x as V)),
})

/** Adds its operands one after another, from the first to the last and then once more: all of them wait for the second time. */
function twice(
  size: number,
  count: number,
  dtype: DType = 'f32',
  uniform: readonly number[] = [],
): FusedSpec {
  const order = [...Array.from({ length: count }, (_, k) => k), ...Array.from({ length: count }, (_, k) => k)]
  const nodes = order.slice(1).map((operand, k) => node('add', dtype, [k === 0 ? 0 : count + k - 1, operand]))
  return {
    shape: [size],
    inputs: order.slice(0, count).map(k => ({ dtype, strides: [uniform.includes(k) ? 0 : 1], offset: 0 })),
    nodes,
    outputs: [count - 2, nodes.length - 1],
  }
}

/** What {@link twice} gives for one element. */
function sums(xs: readonly number[], dtype: DType): readonly number[] {
  const round = dtype === 'f32' ? Math.fround : (x: number) => x
  const once = xs.reduce((total, x) => round(total + x))
  return [once, xs.reduce((total, x) => round(total + x), once)]
}

describe('values that wait', () => {
  test('are those that were read or made and will be read', () => {
    const chain = [node('tanh', 'f32', [0]), node('tanh', 'f32', [1]), node('tanh', 'f32', [2])]
    expect(mostWaiting({ ...twice(4, 2), inputs: twice(4, 1).inputs, nodes: chain, outputs: [2] })).toBe(1)
    expect(mostWaiting(twice(4, 2))).toBe(3)
    expect(mostWaiting(twice(4, 20))).toBe(21)
  })

  test.each([
    { count: 8, interleaved: undefined },
    { count: 11, interleaved: undefined },
    { count: 12, interleaved: 2 },
    { count: 30, interleaved: 2 },
  ])('$count of them: $interleaved vectors', ({ count, interleaved }) => {
    expect(interleaving(twice(100, count)).interleaved).toBe(interleaved)
  })

  test('of dear nodes are interleaved all the same', () => {
    const spec = twice(100, 20)
    const dear = spec.nodes.map((_, k) => node('tanh', 'f32', [spec.inputs.length + k]))
    expect(interleaving({ ...spec, nodes: [...spec.nodes, ...dear] })).toEqual({})
  })
})

const wide = fc.record({
  dtype: fc.constantFrom<DType>('f32', 'f64'),
  size: fc.integer({ min: 2, max: 70 }),
  count: fc.integer({ min: 14, max: 20 }),
  uniform: fc.uniqueArray(fc.nat(13), { maxLength: 6 }),
})

test('many values that wait: every length gives the sums of its elements, and touches nothing else', () => {
  fc.assert(
    fc.property(wide, ({ dtype, size, count, uniform }) => {
      const spec = twice(size, count, dtype, uniform)
      expect(interleaving(spec)).toEqual({ interleaved: 2 })
      const make = (length: number) => (dtype === 'f32' ? new Float32Array(length) : new Float64Array(length))
      const inputs = Array.from({ length: count }, (_, k): Data => {
        const length = uniform.includes(k) ? 1 : size
        return make(length).map((_, at) => Math.sin(at + 100 * k))
      })
      const results = runKernel(fused(spec), inputs, [make(size), make(size)])
      const at = (element: number) =>
        inputs.map((data, k) => data[uniform.includes(k) ? 0 : element] as number)
      const expected = Array.from({ length: size }, (_, element) => sums(at(element), dtype))
      expect(results.map(data => Array.from(data))).toEqual(
        [0, 1].map(output => expected.map(both => both[output])),
      )
      const total = reduceFused({ kind: 'max', axes: [0], of: { ...spec, outputs: [spec.nodes.length - 1] } })
      const [largest] = runKernel(total, inputs, [make(1)])
      expect(largest?.[0]).toBe(Math.max(...expected.map(both => both[1] as number)))
    }),
    { numRuns: 60 },
  )
})
