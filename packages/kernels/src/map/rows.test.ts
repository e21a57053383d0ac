import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Mask, V } from '../algebra/index.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { fused } from './fused.js'
import type { FusedNode, FusedSpec } from './fused-spec.js'

/** Adds up pairs of a mask and a number, where the mask holds, and tells of each sum whether it is above nought. */
function chosen(pairs: number, shape: readonly number[], uniform: readonly number[]): FusedSpec {
  const strides = (input: number) =>
    uniform.includes(input) ? [1, 0] : shape.map((_, axis) => (axis === 0 ? (shape[1] as number) : 1))
  const count = 2 * pairs + 1
  const nodes: FusedNode[] = []
  for (let k = 0; k < pairs; k++) {
    const so = k === 0 ? count - 1 : count + k - 1
    nodes.push({
      name: 'chosen',
      algebra: 'f32',
      dtype: 'f32',
      operands: [2 * k, 2 * k + 1, so],
      body: (m, mask, x, so) => m.select(mask as Mask, m.add(so as V, x as V), so as V),
    })
  }
  nodes.push({
    name: 'isPositive',
    algebra: 'f32',
    dtype: 'bool',
    operands: [count + pairs - 1, count - 1],
    body: (m, x, zero) => m.less(zero as V, x as V),
  })
  return {
    shape,
    inputs: Array.from({ length: count }, (_, k) => ({
      dtype: k % 2 === 0 && k < count - 1 ? 'bool' : 'f32',
      strides: strides(k),
      offset: 0,
    })),
    nodes,
    outputs: [pairs, pairs - 1],
  }
}

const cases = fc.record({
  pairs: fc.integer({ min: 1, max: 8 }),
  shape: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 40 })),
  uniform: fc.uniqueArray(fc.nat(16), { maxLength: 4 }),
})

test('operands of several widths, few and many, move along each row together', () => {
  fc.assert(
    fc.property(cases, ({ pairs, shape, uniform }) => {
      const [rows, length] = shape
      const spec = chosen(pairs, shape, uniform)
      const data = spec.inputs.map(({ dtype }, k): Data => {
        const size = uniform.includes(k) ? rows : rows * length
        const at = (_: unknown, element: number) => Math.round(8 * Math.sin(element + 31 * k))
        if (k === spec.inputs.length - 1) return new Float32Array(size)
        return dtype === 'bool'
          ? Uint8Array.from({ length: size }, (_, e) => Number(at(_, e) > 0))
          : Float32Array.from({ length: size }, at)
      })
      const sums = Float32Array.from({ length: rows * length }, (_, element) => {
        const read = (k: number) =>
          data[k]?.[uniform.includes(k) ? Math.floor(element / length) : element] as number
        return Array.from({ length: pairs }, (_, k) => read(2 * k) * read(2 * k + 1)).reduce((a, b) => a + b)
      })
      const outputs: Data[] = [new Uint8Array(sums.length), new Float32Array(sums.length)]
      const [positive, totals] = runKernel(fused(spec), data, outputs)
      expect(Array.from(totals as Data)).toEqual(Array.from(sums, sum => sum + 0))
      expect(Array.from(positive as Data)).toEqual(Array.from(sums, sum => Number(sum > 0)))
    }),
    { numRuns: 150 },
  )
})
