import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FusionNode } from '../program/index.js'
import { type Nodes, withoutNegations } from './signs.js'

const INPUTS = 2

type Op = 'add' | 'sub' | 'neg' | 'mul' | 'div' | 'max'

const node = (op: Op, ...operands: number[]): FusionNode => ({ op, params: {}, dtype: 'f64', operands })

/** Nodes as text: x and y are the operands from outside, a, b, … the nodes. */
const written = ({ nodes, outputs }: Nodes) =>
  `${nodes.map(({ op, operands }) => `${op} ${operands.map(k => 'xyabcdef'[k]).join('')}`).join(', ')} → ${outputs.map(k => 'abcdef'[k])}`

describe('negations', () => {
  test.each([
    { of: [node('neg', 0), node('add', 1, 2)], outputs: [1], left: 'sub yx → a' },
    { of: [node('neg', 0), node('add', 2, 1)], outputs: [1], left: 'sub yx → a' },
    { of: [node('neg', 0), node('sub', 1, 2)], outputs: [1], left: 'add yx → a' },
    { of: [node('neg', 0), node('sub', 2, 1)], outputs: [1], left: 'neg x, sub ay → b' },
    { of: [node('neg', 0), node('add', 2, 2)], outputs: [1], left: 'neg x, sub ax → b' },
    { of: [node('neg', 0), node('add', 1, 2)], outputs: [0, 1], left: 'sub yx, neg x → b,a' },
    { of: [node('neg', 0), node('mul', 1, 2)], outputs: [1], left: 'neg x, mul ya → b' },
    { of: [node('neg', 0), node('neg', 1), node('add', 2, 3)], outputs: [2], left: 'neg x, sub ay → b' },
    { of: [node('neg', 0), node('neg', 2), node('add', 1, 3)], outputs: [2], left: 'add yx → a' },
    {
      of: [node('neg', 0), node('sub', 2, 1), node('neg', 1), node('sub', 2, 4)],
      outputs: [1, 3],
      left: 'neg x, sub ay, sub yx → b,c',
    },
    { of: [node('neg', 0), node('mul', 2, 1), node('add', 1, 3)], outputs: [2], left: 'mul xy, sub ya → b' },
    { of: [node('neg', 0), node('mul', 2, 2), node('add', 1, 3)], outputs: [2], left: 'mul xx, add ya → b' },
    {
      of: [node('neg', 0), node('mul', 2, 1), node('mul', 2, 2)],
      outputs: [1, 2],
      left: 'neg x, mul ay, mul aa → b,c',
    },
    { of: [node('neg', 0), node('neg', 2)], outputs: [1], left: 'neg x, neg a → b' },
    { of: [node('neg', 0), node('max', 2, 1)], outputs: [1], left: 'neg x, max ay → b' },
    {
      of: [node('neg', 0), node('add', 1, 2), node('sub', 3, 2), node('mul', 3, 4)],
      outputs: [1, 3],
      left: 'sub yx, add ax, mul ab → a,c',
    },
    { of: [node('add', 0, 1)], outputs: [0], left: 'add xy → a' },
  ])('$left', ({ of, outputs, left }) => {
    expect(written(withoutNegations({ nodes: of, outputs }, INPUTS))).toBe(left)
  })

  const computations = fc.record({
    steps: fc.array(
      fc.tuple(
        fc.constantFrom<Op>('add', 'sub', 'neg', 'mul', 'div', 'max'),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 30 },
    ),
    x: fc.double({ noNaN: true }),
    y: fc.double({ noNaN: true }),
  })

  test('of sums alone are gone, and every output keeps its bits', () => {
    fc.assert(
      fc.property(computations, ({ steps, x, y }) => {
        const nodes = steps.map(([op, a, b], k) => {
          const operands = [a % (INPUTS + k), b % (INPUTS + k)]
          return node(op, ...(op === 'neg' ? operands.slice(0, 1) : operands))
        })
        const outputs = steps.flatMap(([, , , isOutput], k) =>
          isOutput || k === steps.length - 1 ? [k] : [],
        )
        const left = withoutNegations({ nodes, outputs }, INPUTS)
        expect(valuesOf(left, [x, y])).toEqual(valuesOf({ nodes, outputs }, [x, y]))
        expect(left.nodes.length).toBeLessThanOrEqual(nodes.length)
        for (const node of left.outputs) expect(left.nodes[node]).toBeDefined()
        expect(withoutNegations(left, INPUTS).nodes.length).toBeLessThanOrEqual(left.nodes.length)
      }),
    )
  })
})

const compute: Record<Op, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  neg: a => -a,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
}

/** The outputs; those of signed zeros differ under `toEqual`. */
function valuesOf({ nodes, outputs }: Nodes, inputs: readonly number[]): readonly number[] {
  const values = [...inputs]
  for (const { op, operands } of nodes) {
    const [a, b] = operands.map(k => values[k]) as [number, number]
    values.push(compute[op as Op](a, b))
  }
  return outputs.map(node => values[INPUTS + node] as number)
}
