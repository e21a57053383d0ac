import { expect, test } from 'vitest'
import {
  controlOf,
  grad,
  jvp,
  type Program,
  record,
  simplify,
  type Tensor,
  type Tree,
  tensor,
  vmap,
  whileLoop,
} from '../index.js'
import { hasUnwinding, withUnwinding } from './unwinding.js'

/** y ← w·sin y a few times, with a count and a bound that only the condition reads. */
const f = (x: Tensor, w: Tensor) =>
  whileLoop(
    ({ k, most }) => k.less(most),
    ({ y, k, most }) => ({ y: y.sin().mul(w), k: k.add(1), most }),
    { y: x, k: tensor(0, { dtype: 'i32' }), most: tensor(9, { dtype: 'i32' }) },
  ).y.square()

const [x, w] = [tensor(0.5), tensor(1.1)]
const programOf = (f: (x: Tensor, w: Tensor) => Tree<Tensor>, own: Tensor = x) =>
  simplify(record(f, own.aval, w.aval).program)

const kinds = ({ instructions }: Program) =>
  instructions.flatMap(instruction => controlOf(instruction)?.kind ?? [])

test('a pullback goes back over the states that the loop has kept, of the parts that it needs', () => {
  const program = programOf((x, w) => [...grad(f, { argnums: [0, 1] })(x, w)])
  expect(kinds(program)).toEqual(['while', 'unwind'])
  expect(hasUnwinding(program)).toBe(true)
  const kept = withUnwinding(program, 10)
  expect(hasUnwinding(kept)).toBe(false)
  expect(kinds(kept)).toEqual(['while', 'rewind'])
  const [loop] = kept.instructions.filter(({ op }) => op === 'while')
  expect(loop?.params.keep).toEqual({ snapshots: 10, parts: [2] })
  expect(withUnwinding(kept, 3)).toBe(kept)
})

test.each<[string, Program]>([
  ['a tangent of a gradient', programOf((x, w) => jvp(grad(f), [x, w], [w, x]).tangent)],
  ['a gradient of a tangent', programOf(grad((x: Tensor, w: Tensor) => jvp(f, [x, w], [w, x]).tangent))],
  ['a gradient of a gradient', programOf(grad((x: Tensor, w: Tensor) => grad(f)(x, w).sin()))],
  ['gradients of a batch', programOf(vmap(grad(f), { inAxes: [0, null] }), tensor([1, 2, 3]))],
])('%s has no loops for its ways back alone', (_, program) => {
  const loops = (program: Program) => kinds(program).filter(kind => kind === 'while').length
  const kept = withUnwinding(program, 10)
  expect(kinds(kept)).toContain('rewind')
  expect(loops(kept)).toBe(loops(program))
})

test('a way back whose loop is not run before has one for itself', () => {
  const program = programOf(grad(f))
  const unwind = program.instructions.findIndex(({ op }) => op === 'unwind')
  const outputs = program.instructions[unwind]?.outputs ?? []
  const loop = program.instructions.find(({ op }) => op === 'while')
  const alone: Program = {
    ...program,
    // The cotangent is an input instead of what comes from the last state.
    inputs: [...program.inputs, program.instructions[unwind]?.inputs.at(-1) as number],
    instructions: program.instructions.filter(one => one.op === 'unwind'),
    outputs,
  }
  expect(loop).toBeDefined()
  expect(kinds(withUnwinding(alone, 2))).toEqual(['while', 'rewind'])
})
