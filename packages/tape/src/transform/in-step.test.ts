import { interpret, randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkpoint, forLoop, type Program, record, type Tensor } from '../index.js'
import { apart, counterparts, isInStep } from './in-step.js'

const recorded = (fn: (x: Tensor) => Tensor, rows: number): Program =>
  record(fn, { dtype: 'f32', shape: [rows, 4] }).program

/** How many counterparts there are of the recordings for 2 and 3 rows, and how many have other avals. */
function pairsOf(few: (x: Tensor) => Tensor, more = few) {
  const pairs = counterparts(apart(recorded(few, 2)), apart(recorded(more, 3)))
  return pairs && [pairs.size, [...pairs.values()].filter(({ isSame }) => !isSame).length]
}

test('programs whose constants are apart compute the same', () => {
  fc.assert(
    fc.property(randomPrograms(), ({ run, inputs }) => {
      const { program } = record((...xs: Tensor[]) => run(...xs), ...inputs)
      expect(interpret(apart(program), inputs)).toEqual(interpret(program, inputs))
    }),
    { numRuns: 100 },
  )
})

test('each use of a constant is one of its own, and what nothing reads goes', () => {
  const program = recorded(x => {
    x.cos()
    return x.mul(2).add(2)
  }, 2)
  const { constants, instructions } = apart(program)
  expect(program.constants).toHaveLength(1)
  expect(constants.map(({ value, data }) => [value, ...data])).toEqual([
    [1, 2],
    [3, 2],
  ])
  expect(instructions.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
    ['mul', [0, 1], [2]],
    ['add', [2, 3], [4]],
  ])
})

test('instructions have counterparts, also inside of others', () => {
  const few = (x: Tensor) =>
    checkpoint((x: Tensor) => forLoop(3, (_, h: Tensor) => h.sin().mul(2), x))(x).sum()
  // The call, the loop and its sine and product are as long as the rows, the sum and the counter are not.
  const [all, longer] = pairsOf(few) as [number, number]
  expect(longer).toBe(4)
  expect(all).toBeGreaterThan(longer)
})

test('programs that are not in step have none', () => {
  const sine = (x: Tensor) => x.sin().mul(2)
  expect(pairsOf(sine, x => x.cos().mul(2))).toBeUndefined()
  expect(pairsOf(sine, x => x.sin())).toBeUndefined()
  expect(
    pairsOf(
      x => x.sin().sub(x),
      x => x.sub(x.sin()),
    ),
  ).toBeUndefined()
  const loop = (step: (h: Tensor) => Tensor) => (x: Tensor) => forLoop(3, (_, h: Tensor) => step(h), x)
  expect(
    pairsOf(
      loop(h => h.sin()),
      loop(h => h.cos()),
    ),
  ).toBeUndefined()
  // The same call twice for 2 rows, but not for 3.
  const call = checkpoint((x: Tensor) => x.sin())
  const rows = (x: Tensor) =>
    call(x)
      .sum()
      .add(call(x.slice([0], [2])).sum())
  expect(isInStep(apart(recorded(rows, 2)), apart(recorded(rows, 3)))).toBe(true)
  expect(pairsOf(rows)).toBeUndefined()
})
