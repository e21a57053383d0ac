import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { V } from '../algebra/index.js'
import { reduceFused } from '../reduce/index.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { fused } from './fused.js'
import type { FusedNode, FusedSpec } from './fused-spec.js'
import { interleaving, longestPath, mostWaiting } from './interleaving.js'

type DType = 'f32' | 'f64'

const node = (name: 'add' | 'tanh', dtype: DType, operands: readonly number[]): FusedNode => ({
  name,
  algebra: dtype,
  dtype,
  operands,
  body: (m, x, y) => (name === 'add' ? m.add(x as V, y as V) : m.tanh(x as V)),
})

interface Given {
  readonly size?: number
  /** Inputs that are the same along the row. */
  readonly uniform?: readonly number[]
  readonly dtype?: DType
}

/** Adds each of so many inputs to the next, each of these sums to an input again, and all of that up in pairs. */
function broad(count: number, { size = 100, uniform = [], dtype = 'f32' }: Given = {}): FusedSpec {
  const each = Array.from({ length: count }, (_, k) => k)
  const nodes = each.map(k => node('add', dtype, [k, (k + 1) % count]))
  for (const k of each) nodes.push(node('add', dtype, [count + k, count - 1 - k]))
  for (let from = count; from < 3 * count - 2; from += 2) {
    nodes.push(node('add', dtype, [count + from, count + from + 1]))
  }
  return {
    shape: [size],
    inputs: each.map(k => ({ dtype, strides: [uniform.includes(k) ? 0 : 1], offset: 0 })),
    nodes,
    outputs: [nodes.length - 1],
  }
}

/** Adds so many inputs one after another, twice. */
function chain(count: number): FusedSpec {
  const { inputs } = broad(count)
  const operands = Array.from({ length: 2 * count - 1 }, (_, k) => (k + 1) % count)
  const nodes = operands.map((operand, k) => node('add', 'f32', [k === 0 ? 0 : count + k - 1, operand]))
  return { shape: [100], inputs, nodes, outputs: [nodes.length - 1] }
}

/** What {@link broad} gives for an element. */
function sumOf(xs: readonly number[], dtype: DType): number {
  const round = dtype === 'f32' ? Math.fround : (x: number) => x
  const { nodes } = broad(xs.length)
  const values = [...xs]
  for (const { operands } of nodes)
    values.push(round((values[operands[0] as number] as number) + (values[operands[1] as number] as number)))
  return values.at(-1) as number
}

test('values wait that were read or made and will be read, but not those that are the same along the row', () => {
  expect(mostWaiting(chain(2))).toBe(3)
  expect(mostWaiting(chain(20))).toBe(21)
  expect(mostWaiting(broad(20))).toBe(40)
  expect(mostWaiting(broad(20, { uniform: [3, 4, 5, 6] }))).toBe(36)
  expect(mostWaiting(broad(20, { uniform: Array.from({ length: 20 }, (_, k) => k) }))).toBe(20)
})

test('the longest path counts nodes that read one another', () => {
  expect(longestPath(chain(20))).toBe(39)
  expect(longestPath(broad(16))).toBe(2 + 4)
  expect(longestPath({ ...broad(2), nodes: [] })).toBe(0)
})

describe('vectors that are interleaved', () => {
  /** How many registers the first operand of each node has. */
  const widths = (spec: FusedSpec, compute: (spec: FusedSpec) => ReturnType<typeof fused>) => {
    const seen: number[] = []
    const nodes = spec.nodes.map((one): FusedNode => {
      const body: FusedNode['body'] = (m, ...operands) => {
        seen.push((operands[0] as V).registers.length)
        return one.body(m, ...operands)
      }
      return { ...one, name: `seen ${one.name}`, body }
    })
    const data = spec.inputs.map(() => new Float32Array(100))
    const kernel = compute({ ...spec, nodes })
    // Weighed before.
    seen.length = 0
    runKernel(kernel, data, [new Float32Array(kernel.key.startsWith('fused') ? 100 : 1)])
    return new Set(seen)
  }
  const total = (of: FusedSpec) => reduceFused({ kind: 'sum', axes: [0], of })

  test.each([
    { name: 'four of few values', spec: broad(6), count: 4 },
    { name: 'two of many', spec: broad(20), count: 2 },
    { name: 'four of a chain', spec: chain(20), count: 4 },
  ])('$name, also where they are reduced', ({ spec, count }) => {
    expect(Math.max(...widths(spec, fused))).toBe(count)
    expect(Math.max(...widths(spec, total))).toBe(count)
  })

  test('four of dear nodes', () => {
    const spec = broad(20)
    const last = spec.inputs.length + spec.nodes.length - 1
    const dear = Array.from({ length: 40 }, (_, k) => node('tanh', 'f32', [last - k]))
    expect(interleaving({ ...spec, nodes: [...spec.nodes, ...dear] })).toEqual({})
  })
})

const cases = fc.record({
  dtype: fc.constantFrom<DType>('f32', 'f64'),
  size: fc.integer({ min: 2, max: 70 }),
  count: fc.integer({ min: 14, max: 20 }),
  uniform: fc.uniqueArray(fc.nat(13), { maxLength: 3 }),
})

test('many values that wait: every length gives the sums of its elements, and touches nothing else', () => {
  fc.assert(
    fc.property(cases, ({ dtype, size, count, uniform }) => {
      const spec = broad(count, { size, uniform, dtype })
      expect(interleaving(spec)).toEqual({ interleaved: 2 })
      const make = (length: number) => (dtype === 'f32' ? new Float32Array(length) : new Float64Array(length))
      const inputs = Array.from({ length: count }, (_, k): Data => {
        const length = uniform.includes(k) ? 1 : size
        return make(length).map((_, at) => Math.sin(at + 100 * k))
      })
      const at = (element: number) =>
        inputs.map((data, k) => data[uniform.includes(k) ? 0 : element] as number)
      const expected = Array.from({ length: size }, (_, element) => sumOf(at(element), dtype))
      const [sums] = runKernel(fused(spec), inputs, [make(size)])
      expect(Array.from(sums as Data)).toEqual(expected)
      const [largest] = runKernel(reduceFused({ kind: 'max', axes: [0], of: spec }), inputs, [make(1)])
      expect(largest?.[0]).toBe(Math.max(...expected))
    }),
    { numRuns: 60 },
  )
})
