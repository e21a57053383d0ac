import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Aval, Instruction, Program } from '../program/index.js'
import { type Origin, primalValues, pulledFrom, residualsOf } from './residuals.js'

/** A body of one state, one given row and one late row, and of sums of two values, some of which are outputs. */
const bodies = fc
  .array(
    fc.record({
      x: fc.nat(),
      y: fc.nat(),
      cost: fc.integer({ min: 0, max: 40 }),
      size: fc.integer({ min: 1, max: 4 }),
      read: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map(lines => {
    const avals: Aval[] = [0, 1, 2].map(() => ({ dtype: 'f32', shape: [2] }))
    const instructions: Instruction[] = []
    const outputs: number[] = [2]
    for (const { x, y, size, read } of lines) {
      const output = avals.push({ dtype: 'f32', shape: [size] }) - 1
      instructions.push({ op: 'add', inputs: [x % output, y % output], outputs: [output], params: {} })
      if (read) outputs.push(output)
    }
    const body: Program = { avals, inputs: [0, 1, 2], constants: [], instructions, outputs }
    return { body, costs: lines.map(({ cost }) => cost) }
  })

const origins: readonly Origin[] = ['state', 'given', 'late']
const keep = ({ shape }: Aval) => 10 * (shape[0] as number)

/** What it costs to have all that crosses from some residuals; infinite if they do not do. */
function costOf(body: Program, costs: readonly number[], residuals: readonly number[]): number {
  const primal = primalValues(body, origins)
  const wanted = [
    ...body.outputs,
    ...body.instructions
      .filter(({ inputs }) => !inputs.every(value => primal[value]))
      .flatMap(({ inputs }) => inputs),
  ]
  const made = new Set<number>()
  let cost = residuals.reduce((sum, value) => sum + keep(body.avals[value] as Aval), 0)
  const make = (value: number) => {
    if (!primal[value] || value === 1 || residuals.includes(value) || made.has(value)) return
    made.add(value)
    const k = body.instructions.findIndex(({ outputs }) => outputs.includes(value))
    cost += k < 0 ? Number.POSITIVE_INFINITY : (costs[k] as number)
    for (const input of body.instructions[k]?.inputs ?? []) make(input)
  }
  for (const value of wanted) make(value)
  return cost
}

test('residuals cost as little as any set of values does, with what is computed from them', () => {
  fc.assert(
    fc.property(bodies, ({ body, costs }) => {
      const primal = primalValues(body, origins)
      const found = residualsOf(body, origins, { instructions: costs, keep })
      const values = body.avals.flatMap((_, value) => (primal[value] && value !== 1 ? [value] : []))
      for (let bits = 0; bits < 1 << values.length; bits++) {
        const others = values.filter((_, k) => (bits >> k) & 1)
        expect(costOf(body, costs, found)).toBeLessThanOrEqual(costOf(body, costs, others))
      }
      expect(costOf(body, costs, found)).toBeLessThan(Number.POSITIVE_INFINITY)
    }),
    { numRuns: 60 },
  )
})

test('a body that takes residuals reads no state any more', () => {
  fc.assert(
    fc.property(bodies, ({ body, costs }) => {
      const residuals = residualsOf(body, origins, { instructions: costs, keep })
      const { instructions, outputs } = pulledFrom(body, residuals)
      expect([...outputs, ...instructions.flatMap(({ inputs }) => inputs)]).not.toContain(0)
    }),
  )
})
