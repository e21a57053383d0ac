/** Derivatives of loops whose length is not known, against the same loops of known length. */
import { interpret } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  cond,
  customVjp,
  dataOf,
  forLoop,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  matmul,
  type Program,
  record,
  scan,
  simplify,
  type Tensor,
  type Tree,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  where,
  whileLoop,
} from '../index.js'
import { withUnwinding } from '../rewrite/index.js'

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })
const i32 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'i32' })
const flat = (x: Tensor) => Array.from(x.toTypedArray())

type State = readonly Tensor[]
type Step = (k: Tensor, state: State, w: Tensor) => State

/** A loop that takes so many steps. */
type Run = (step: (k: Tensor, state: State) => State, init: State, steps: Tensor) => State

const open: Run = (step, init, steps) =>
  whileLoop(
    ([k]: readonly [Tensor, State]) => k.less(steps),
    ([k, state]) => [k.add(1), step(k, state)] as const,
    [i32(0), init] as const,
  )[1]
const bounded =
  (maxSteps: number): Run =>
  (step, init, steps) =>
    whileLoop(
      ([k]: readonly [Tensor, State]) => k.less(steps),
      ([k, state]) => [k.add(1), step(k, state)] as const,
      [i32(0), init] as const,
      { maxSteps },
    )[1]
const known =
  (length: number): Run =>
  (step, init) =>
    forLoop(length, step, init)

/** Steps of two vectors of two elements and what else they carry, with a matrix from outside. */
const steps: Readonly<Record<string, Step>> = {
  'a recurrence': (_, [a, b, ...rest], w) => [
    matmul(a as Tensor, w)
      .add(b as Tensor)
      .tanh(),
    (a as Tensor).mul(0.9),
    ...rest,
  ],
  'parts exchanged': (_, [a, b, ...rest]) =>
    [b as Tensor, a as Tensor, ...rest].map((x, k) => (k === 0 ? x.sin() : x)),
  'a part that is linear': (_, [a, b, ...rest], w) => [
    (a as Tensor).mul(1.1),
    matmul(b as Tensor, w),
    ...rest,
  ],
  'parts that are whole numbers and bools': (k, [a, b, n, odd], w) => [
    where(odd as Tensor, (a as Tensor).sin(), matmul(a as Tensor, w)),
    (b as Tensor).mul((n as Tensor).convert('f64').mul(0.1)).add(a as Tensor),
    (n as Tensor).add(k),
    (odd as Tensor).logicalNot(),
  ],
  'a branch': (_, [a, b, ...rest], w) => [
    cond(
      (a as Tensor).sum().greater(0.5),
      (x: Tensor) => x.square().mul(0.5),
      (x: Tensor) => matmul(x, w).exp().mul(0.3),
      a as Tensor,
    ),
    (b as Tensor).add(a as Tensor).mul(0.5),
    ...rest,
  ],
  'a loop of known length': (_, [a, b, ...rest], w) => [
    forLoop(3, (j, x: Tensor) => x.mul(0.7).add(j.convert('f64')).sin(), a as Tensor),
    scan((c: Tensor, row: Tensor) => [c.mul(row).add(0.1), null], b as Tensor, w)[0],
    ...rest,
  ],
  'a loop of unknown length': (_, [a, b, ...rest], w) => [
    whileLoop(
      (x: Tensor) => x.square().sum().greater(0.3),
      x => matmul(x, w).mul(0.9),
      a as Tensor,
    ).add(0.4),
    (b as Tensor).mul(a as Tensor),
    ...rest,
  ],
}

const w = f64([
  [0.5, -0.4],
  [0.3, 0.8],
])
const [a, b] = [f64([0.4, 0.9]), f64([-0.2, 0.3])]

const loss = (step: Step, run: Run) => (a: Tensor, b: Tensor, w: Tensor, length: Tensor) => {
  const init = [a, b, i32(2), a.at(0).less(0)]
  const [x, y] = run((k, state) => step(k, state, w), init, length) as readonly [Tensor, Tensor]
  return x.mul(y.cos()).sum().add(y.sum())
}

/** Compiles a program and runs it. */
function compiled(program: Program, memoryBytes?: number) {
  const executable = compile(program, { memoryBytes })
  if (memoryBytes !== undefined) expect(executable.peakBytes).toBeLessThanOrEqual(memoryBytes)
  const arena = new Arena()
  return (...inputs: readonly Tensor[]) => {
    arena.load(executable)
    inputs.forEach((x, k) => void arena.write(k, dataOf(x)))
    arena.run()
    return executable.outputs.map((_, k) => arena.read(k))
  }
}

const programOf = (f: (...xs: Tensor[]) => Tree<Tensor>, ...xs: readonly Tensor[]) =>
  simplify(record(f, ...xs.map(x => x.aval)).program)

const ofAll = (f: ReturnType<typeof loss>) => (a: Tensor, b: Tensor, w: Tensor, length: Tensor) => ({
  ...valueAndGrad(f, { argnums: [0, 1, 2] })(a, b, w, length),
})

const LENGTHS = [0, 1, 2, 3, 4, 7, 12, 70]

/** Steps that derivatives of order 3 are taken of. */
const DEEP = ['a recurrence', 'parts that are whole numbers and bools', 'a loop of unknown length']

type Of = (f: (a: Tensor, w: Tensor) => Tensor) => Tree<Tensor>

/** Derivatives in all directions and places. */
const derivatives: readonly (readonly [string, Of])[] = [
  ['a tangent', f => jvp(f, [a, w], [b, w.sin()]).tangent],
  ['a tangent of a gradient', f => jvp(grad(f, { argnums: [0, 1] }), [a, w], [b, w.sin()]).tangent],
  ['hvp', f => hvp((a: Tensor) => f(a, w), a, b)],
  ['hessian', f => hessian((w: Tensor) => f(a, w))(w)],
  [
    'a gradient of a tangent',
    f => grad((a: Tensor, w: Tensor) => jvp(f, [a, w], [b, w.sin()]).tangent, { argnums: [0, 1] })(a, w),
  ],
  [
    'a gradient of a gradient',
    f => grad((a: Tensor, w: Tensor) => grad(f)(a, w).sin().sum(), { argnums: [0, 1] })(a, w),
  ],
  [
    'a gradient of a gradient of what is outside',
    f => grad((a: Tensor, w: Tensor) => grad(f, { argnums: 1 })(a, w).sin().sum(), { argnums: [0, 1] })(a, w),
  ],
  [
    'gradients of a batch',
    f =>
      vmap(grad(f, { argnums: [0, 1] }), { inAxes: [0, null] })(
        f64([
          [0.4, 0.9],
          [-0.3, 0.1],
        ]),
        w,
      ),
  ],
  [
    'a gradient through a batch',
    f =>
      grad((w: Tensor) =>
        vmap((a: Tensor) => f(a, w))(
          f64([
            [0.4, 0.9],
            [-0.3, 0.1],
          ]),
        ).sum(),
      )(w),
  ],
  [
    'a gradient in a loop',
    f =>
      grad((a: Tensor) =>
        scan(
          (x: Tensor, y: Tensor) => [f(x.add(y), w).add(x), null],
          a,
          f64([
            [1, 2],
            [0.3, -0.5],
            [0.1, 0.2],
          ]),
        )[0].sum(),
      )(a),
  ],
  [
    'a gradient in a branch',
    f =>
      grad((a: Tensor) =>
        cond(
          a.at(0).greater(0),
          (x: Tensor) => f(x, w),
          (x: Tensor) => x.sum(),
          a,
        ),
      )(a),
  ],
]

/** They are long programs. */
const ofThirdOrder: typeof derivatives = [
  [
    'a tangent of a gradient of a gradient',
    f =>
      jvp(
        grad((a: Tensor) => grad(f)(a, w).sin().sum()),
        [a],
        [b],
      ).tangent,
  ],
  ['a Jacobian of a Hessian', f => jacrev(jacfwd(jacrev((a: Tensor) => f(a, w))))(a)],
]

describe.each(Object.keys(steps))('%s', name => {
  const step = steps[name] as Step
  const inputs = [a, b, w, i32(0)] as const

  test('gradients are those of a loop of known length, bit by bit, for any number of snapshots', () => {
    const program = programOf(ofAll(loss(step, open)), ...inputs)
    const ways = [0, 1, 2, 5].map(snapshots => compiled(withUnwinding(program, snapshots)))
    const limited = compiled(programOf(ofAll(loss(step, bounded(70))), ...inputs))
    const all = [compiled(program), ...ways, limited]
    for (const length of LENGTHS) {
      const expected = compiled(programOf(ofAll(loss(step, known(length))), ...inputs))(a, b, w, i32(length))
      for (const run of all) expect(run(a, b, w, i32(length))).toEqual(expected)
    }
  })

  test('within a budget, from the fewest bytes to ample ones', () => {
    const program = programOf(ofAll(loss(step, open)), ...inputs)
    const least = leastBytesOf(program)
    expect(() => compile(program, { memoryBytes: least - 1 })).toThrow(BudgetError)
    const expected = compiled(program)(a, b, w, i32(23))
    for (const factor of [1, 1.3, 3, 100]) {
      expect(compiled(program, Math.round(least * factor))(a, b, w, i32(23))).toEqual(expected)
    }
  })

  test('is what the interpreter computes', () => {
    const plain = [...inputs.slice(0, 3), i32(5)].map(x => ({ ...x.aval, values: flat(x) }))
    const got = compiled(programOf(ofAll(loss(step, open)), ...inputs))(a, b, w, i32(5))
    const expected = interpret(record(ofAll(loss(step, open)), ...inputs.map(x => x.aval)).program, plain)
    expectClose(
      got.flatMap(x => Array.from(x)),
      expected.flatMap(({ values }) => values),
    )
  })

  const some = DEEP.includes(name) ? [...derivatives, ...ofThirdOrder] : derivatives
  test.each(some)('%s is that of a loop of known length', (_, of) => {
    for (const length of [0, 3]) {
      const [got, expected] = [open, known(length)].map(run => {
        const whole = loss(step, run)
        return leavesOf(of((a, w) => whole(a, b, w, i32(length))))
      }) as [number[], number[]]
      expectClose(got, expected)
    }
  })
})

test('several pullbacks go back over one loop', () => {
  const f = (x: Tensor) =>
    whileLoop(
      (y: Tensor) => y.sum().less(30),
      y => y.mul(y).add(0.7),
      x,
    )
  const both = (x: Tensor) => {
    const { value, pullback } = vjp(f, x)
    return [value, ...pullback(f64([1, 0])), ...pullback(f64([0, 1]))]
  }
  const program = programOf(both as (...xs: Tensor[]) => Tree<Tensor>, a)
  const expected = both(a).map(x => x.toTypedArray())
  for (const snapshots of [0, 1, 2, 63]) {
    const kept = withUnwinding(program, snapshots)
    expect(kept.instructions.filter(({ op }) => op === 'while')).toHaveLength(1)
    expect(compiled(kept)(a)).toEqual(expected)
  }
})

test('20,000 steps: the same bits in 64 KiB, and no more cost in more bytes', () => {
  const f = (x: Tensor, rate: Tensor, n: Tensor) =>
    open(
      (_, [s]) => [
        (s as Tensor)
          .mul(s as Tensor)
          .mul(rate)
          .add(0.05)
          .sqrt(),
      ],
      [x],
      n,
    )[0]?.sum() as Tensor
  const [x, rate, n] = [f64(Array.from({ length: 50 }, (_, k) => 0.1 + k / 50)), f64(0.9), i32(20_000)]
  const program = programOf(
    (x, rate, n) => ({ ...valueAndGrad(f, { argnums: [0, 1] })(x as Tensor, rate as Tensor, n as Tensor) }),
    x,
    rate,
    n,
  )
  const expected = compiled(program)(x, rate, n)
  expect(compiled(program, 65536)(x, rate, n)).toEqual(expected)
  const least = leastBytesOf(program)
  let before = Number.POSITIVE_INFINITY
  for (let bytes = least; bytes < 1e6; bytes *= 2) {
    const { cost, extraCost } = compile(program, { memoryBytes: bytes })
    expect(cost + extraCost).toBeLessThanOrEqual(before)
    before = cost + extraCost
  }
})

test('states too large for an arena to hold 64 of them are fewer', () => {
  const x = { dtype: 'f32', shape: [25_000_000] } as const
  const f = (x: Tensor) =>
    whileLoop(
      (y: Tensor) => y.at(0).less(10),
      y => y.mul(y),
      x,
    ).sum()
  const { peakBytes } = compile(simplify(record((x: Tensor) => grad(f)(x), x).program))
  expect(peakBytes).toBeGreaterThan(2 ** 31)
  expect(peakBytes).toBeLessThanOrEqual(2 ** 32)
})

describe('steps whose pullbacks are not linear', () => {
  const limited = customVjp(
    (x: Tensor) => x.mul(1.5),
    ({ ct }) => [ct.mul(1.5).clip(-2, 2)],
  )
  const f = (run: Run) => (x: Tensor) =>
    run((_, [s]) => [limited(s as Tensor).sin()], [x], i32(4))[0] as Tensor

  test('have gradients', () => {
    expect(grad(f(open))(f64(0.4)).item()).toBe(grad(f(known(4)))(f64(0.4)).item())
  })

  test('but no gradients of these', () => {
    expect(() => grad(grad(f(open)))(f64(0.4))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: whileLoop: reverse accumulation through a pullback that is not linear in its cotangents.
        expected  steps whose pullbacks are linear, as all are but those of a customVjp that says otherwise
        at        unwind.test.ts:359:37
        fix       make its rule linear in the cotangent, or bound the loop by \`maxSteps\`]
    `)
  })
})

const leavesOf = (tree: Tree<Tensor>): number[] => {
  const leaves = tree as unknown
  if (Array.isArray(leaves)) return leaves.flatMap(leavesOf)
  return flat(leaves as Tensor)
}

function expectClose(got: readonly number[], expected: readonly number[]) {
  expect(got.length).toBe(expected.length)
  got.forEach((x, k) => {
    const y = expected[k] as number
    expect(Math.abs(x - y)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(y)))
  })
}

function leastBytesOf(program: Program): number {
  try {
    compile(program, { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}
