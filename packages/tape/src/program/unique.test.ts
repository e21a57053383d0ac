import { expect, test } from 'vitest'
import { forLoop, grad, record, simplify, type Tensor, tensor } from '../index.js'
import type { Program } from './program.js'
import { named, unique } from './unique.js'

const x = { dtype: 'f32', shape: [3] } as const
const programOf = (f: (x: Tensor) => Tensor) => simplify(record(f, x).program)
const loop = (x: Tensor) => forLoop(4, (_, y) => forLoop(3, (_, z) => z.sin(), y).exp(), x)

test('equal programs are one object, and others are not', () => {
  const program = unique(programOf(loop))
  expect(unique(structuredClone(program))).toBe(program)
  expect(unique({ ...program, outputs: [] })).not.toBe(program)
  const inner = (steps: number) =>
    programOf(x => forLoop(4, (_, y) => forLoop(steps, (_, z) => z.sin(), y), x))
  expect(unique(inner(3))).toBe(unique(inner(3)))
  expect(unique(inner(3))).not.toBe(unique(inner(2)))
})

test('programs that differ in dtypes alone, or in what they read alone, are two', () => {
  const [narrow, wide] = (['f32', 'f64'] as const).map(dtype =>
    simplify(record((x: Tensor) => x.sin(), { dtype, shape: [3] }).program),
  )
  expect(unique(narrow as Program)).not.toBe(unique(wide as Program))
  const [first, second] = [(a: Tensor, _: Tensor) => a.sin(), (_: Tensor, b: Tensor) => b.sin()].map(f =>
    simplify(record(f, x, x).program),
  ) as [Program, Program]
  expect(unique(first)).not.toBe(unique(second))
  expect(unique({ ...first, inputs: first.inputs.toReversed() })).not.toBe(unique(first))
})

test('programs with constants are one object if they share the data', () => {
  const [one, other] = [tensor([1, 2, 3]), tensor([1, 2, 3])]
  expect(unique(programOf(x => x.add(one)))).toBe(unique(programOf(x => x.add(one))))
  expect(unique(programOf(x => x.add(one)))).not.toBe(unique(programOf(x => x.add(other))))
})

test('programs inside of instructions are one object where they are equal', () => {
  const bodyOf = (f: (x: Tensor) => Tensor) => programOf(f).instructions[0]?.params.body
  expect(bodyOf(x => forLoop(4, (_, y) => y.sin(), x))).toBe(bodyOf(x => forLoop(5, (_, y) => y.sin(), x)))
})

test('texts of parameters are short however much the programs hold', () => {
  const program = programOf(x => grad((y: Tensor) => loop(y).sum())(x))
  for (const { params } of program.instructions)
    expect(JSON.stringify(named(params)).length).toBeLessThan(300)
  expect(named({ axes: [0], deep: { a: null } })).toEqual({ axes: [0], deep: { a: null } })
})
