/**
 * Random loops in branches in loops: values and derivatives against one another through every transformation, against the
 * interpreter of the testkit, and against themselves within the fewest bytes.
 */
import { interpret } from '@wengert/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  checkpoint,
  compile,
  cond,
  dataOf,
  forLoop,
  grad,
  jvp,
  linearize,
  type Program,
  record,
  scan,
  simplify,
  type Tensor,
  tensor,
  vmap,
  whileLoop,
} from '../index.js'

type State = readonly Tensor[]

/** What a step does to its state of two scalars: puts a value at one place, or runs steps. */
type Step =
  | { readonly kind: 'sine' | 'outside' | 'copy'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'for' | 'cond' | 'scan' | 'while' | 'checkpoint'
      readonly from: number
      readonly to: number
      readonly turns: number
      readonly inner: readonly Step[]
      readonly other: readonly Step[]
    }

const place = fc.integer({ min: 0, max: 1 })
const plain = fc.record({ kind: fc.constantFrom('sine', 'outside', 'copy'), from: place, to: place })
const steps = (depth: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(depth === 0 ? plain : fc.oneof(plain, nested(depth)), { minLength: 1, maxLength: 3 })
const nested = (depth: number) =>
  fc.record({
    kind: fc.constantFrom('for', 'cond', 'scan', 'while', 'checkpoint'),
    from: place,
    to: place,
    turns: fc.integer({ min: 0, max: 3 }),
    inner: steps(depth - 1),
    other: steps(depth - 1),
  })

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })
const i32 = (value: number) => tensor(value, { dtype: 'i32' })

/** The state after steps that may also read tensors of outside. */
const after = (list: readonly Step[], first: State, outside: State): State =>
  list.reduce<State>((state, step) => next(step, state, outside), first)

function next(step: Step, state: State, outside: State): State {
  const from = state[step.from] as Tensor
  const put = (x: Tensor) => state.with(step.to, x)
  switch (step.kind) {
    case 'sine':
      return put((state[step.to] as Tensor).mul(from).add(0.3).sin())
    case 'outside':
      return put((state[step.to] as Tensor).sub(outside.at(-1 - step.from) as Tensor).mul(0.7))
    case 'copy':
      return put(from)
    case 'for':
      return forLoop(
        step.turns,
        (k, s: State) =>
          after(step.inner, s.with(0, (s[0] as Tensor).add(k.convert('f64'))), [...outside, from]),
        state,
      )
    case 'cond':
      return cond(
        from.greater(0.2),
        (...s: Tensor[]): State => after(step.inner, s, [...outside, from]),
        (...s: Tensor[]): State => after(step.other, s, outside),
        ...state,
      )
    case 'scan': {
      const rows = f64([0.3, -0.2, 0.5]).mul(from)
      const [last, [row, part]] = scan(
        (s: State, x: Tensor) => [after(step.inner, s.with(step.to, x), outside), [x, s[1] as Tensor]],
        state,
        rows,
        { reverse: step.turns > 1 },
      )
      return last.with(step.to, (row as Tensor).mul(part as Tensor).sum())
    }
    case 'while':
      return whileLoop(
        ([k, s]: readonly [Tensor, State]) => k.less(i32(step.turns)).logicalAnd((s[0] as Tensor).less(0.9)),
        ([k, s]) => [k.add(1), after(step.inner, s, [...outside, from])] as const,
        [i32(0), state] as const,
        step.other.length > 1 ? { maxSteps: 3 } : {},
      )[1]
    case 'checkpoint':
      return checkpoint((...s: Tensor[]) => after(step.inner, s, outside))(...state)
  }
}

const flat = (x: Tensor) => Array.from(x.toTypedArray())

function expectClose(got: readonly number[], expected: readonly number[]) {
  expect(got.length).toBe(expected.length)
  got.forEach((x, k) => {
    const y = expected[k] as number
    expect(Math.abs(x - y)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(y)))
  })
}

const [points, weight] = [[0.4, -0.7, 1.1], f64(0.6)]

/** Its pullback has an instruction that gives nothing. */
const withoutOutputs: Step = {
  kind: 'cond',
  from: 0,
  to: 0,
  turns: 0,
  inner: [{ kind: 'outside', from: 0, to: 0 }],
  other: [{ kind: 'copy', from: 0, to: 0 }],
}

// Some programs that are drawn take seconds to compile in all these ways.
test('random control flow through every transformation', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(steps(2), list => {
      const f = (x: Tensor, w: Tensor) => {
        const [a, b] = after(list, [x.mul(0.5), x.add(0.1)], [w, x]) as [Tensor, Tensor]
        return a.add(b.mul(2))
      }
      const g = grad(f, { argnums: [0, 1] })
      const [xs, inAxes] = [f64(points), [0, null] as const]
      const each = (of: (x: Tensor) => Tensor) => points.flatMap(x => flat(of(f64(x))))
      expectClose(
        flat(vmap(f, { inAxes })(xs, weight)),
        each(x => f(x, weight)),
      )
      const ofEach = each(x => g(x, weight)[0])
      expectClose(flat(vmap(g, { inAxes })(xs, weight)[0]), ofEach)
      expectClose(flat(grad((xs: Tensor) => vmap(f, { inAxes })(xs, weight).sum())(xs)), ofEach)
      expectClose(
        each(x => jvp(f, [x, weight], [f64(1), f64(0)]).tangent),
        ofEach,
      )
      const second = each(x => grad((x: Tensor) => g(x, weight)[0])(x))
      expectClose(
        each(x => jvp((x: Tensor) => g(x, weight)[0], [x], [f64(1)]).tangent),
        second,
      )
      expectClose(
        each(x => linearize((x: Tensor) => g(x, weight)[0], x).pushforward(f64(1))),
        second,
      )
      const pushed = (x: Tensor, w: Tensor) => jvp(g, [x, w], [w, x])
      expectSameWithinFewestBytes(record(g, weight.aval, weight.aval).program)
      expectSameWithinFewestBytes(record(pushed, weight.aval, weight.aval).program)
    }),
    { numRuns: 12, examples: [[[withoutOutputs]]] },
  )
})

function expectSameWithinFewestBytes(program: Program) {
  const inputs = [f64(0.4), weight]
  const simple = simplify(program)
  const ample = run(simple, inputs)
  const reference = interpret(
    program,
    inputs.map(x => ({ ...x.aval, values: flat(x) })),
  )
  expectClose(
    ample,
    reference.flatMap(({ values }) => values),
  )
  let least = 0
  try {
    compile(simple, { memoryBytes: 1 })
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    least = error.leastBytes
  }
  expect(run(simple, inputs, least)).toEqual(ample)
}

function run(program: Program, inputs: readonly Tensor[], memoryBytes?: number): readonly number[] {
  const executable = compile(program, { memoryBytes })
  if (memoryBytes !== undefined) expect(executable.peakBytes).toBeLessThanOrEqual(memoryBytes)
  const arena = new Arena()
  arena.load(executable)
  inputs.forEach((x, k) => void arena.write(k, dataOf(x)))
  arena.run()
  return executable.outputs.flatMap((_, k) => Array.from(arena.read(k)))
}
