/**
 * Loops of every kind against the same steps written out, against the interpreter of the testkit, and against themselves
 * within the fewest bytes.
 */
import { interpret } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  cond,
  dataOf,
  forLoop,
  grad,
  jacfwd,
  jvp,
  matmul,
  type Program,
  record,
  scan,
  simplify,
  stack,
  type Tensor,
  type Tree,
  tensor,
  vjp,
  vmap,
  whileLoop,
} from '../index.js'

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })
const flat = (x: Tensor) => Array.from(x.toTypedArray())

type Carry = { readonly a: Tensor; readonly b: Tensor; readonly n: Tensor }
type Body = (carry: Carry, row: Tensor) => readonly [Carry, Tensor | null]

const w = f64([
  [0.5, -0.4],
  [0.3, 0.8],
])

/** Steps that do what loops are likely to get wrong. */
const bodies: Readonly<Record<string, Body>> = {
  'a recurrence': ({ a, b, n }, x) => [{ a: matmul(a, w).add(x).tanh(), b: b.add(a), n: n.add(1) }, a],
  'parts exchanged': ({ a, b, n }, x) => [{ a: b, b: a, n }, x.mul(a)],
  'a part that stays, a result that is a row': ({ a, b, n }, x) => [{ a, b: b.mul(x), n }, x],
  'a carry replaced from outside': ({ b, n }, x) => [{ a: w.at(0).add(x.mul(0)), b: b.mul(1.5), n }, null],
  'a reshaped exchange': ({ a, b, n }, x) => [
    { a: b.reshape([1, 2]).reshape([2]), b: a.reshape([2, 1]).reshape([2]), n },
    x.sin(),
  ],
  'a branch on the carry': ({ a, b, n }, x) => {
    const next = cond(
      a.sum().greater(0.5),
      (a: Tensor, x: Tensor) => a.sub(x).square(),
      (a: Tensor, x: Tensor) => a.mul(x.exp()),
      a,
      x,
    )
    return [{ a: next, b: b.add(next), n: n.add(2) }, next.mul(n.convert('f64'))]
  },
  'a loop in a loop': ({ a, b, n }, x) => [
    { a: forLoop(3, (k, y: Tensor) => y.mul(x.cos()).add(k.convert('f64')), a), b: b.add(x), n },
    scan((c: Tensor, y: Tensor) => [c.mul(y).add(0.1), c], tensor(1, { dtype: 'f64' }), x)[1] as Tensor,
  ],
  'a bounded loop of unknown length in a loop': ({ a, b, n }, x) => [
    {
      a: whileLoop(
        (s: Tensor) => s.abs().sum().less(3),
        s => s.mul(1.7).add(x.mul(0.1)),
        a,
        { maxSteps: 6 },
      ),
      b,
      n,
    },
    b.mul(a),
  ],
  'a loop of unknown length in a loop': ({ a, b, n }, x) => [
    {
      a: whileLoop(
        (s: Tensor) => s.abs().sum().less(3),
        s => s.mul(1.7).add(x.mul(0.1)),
        a,
      ),
      b,
      n,
    },
    b.mul(a),
  ],
}

const arrays = (length: number) =>
  tensor(
    Array.from({ length: 2 * length }, (_, k) => Math.sin(1 + k)),
    { dtype: 'f64', shape: [length, 2] },
  )

/** The loop and the same steps written out, from a first carry and rows to everything that they give. */
function both(body: Body, length: number, reverse: boolean) {
  const start = (a: Tensor): Carry => ({ a, b: a.mul(0.5), n: tensor(1, { dtype: 'i32' }) })
  const flatten = ({ a, b, n }: Carry, results: Tensor | null) => [
    a,
    b,
    n.convert('f64').reshape([1]),
    ...(results ? [results] : []),
  ]
  const looped = (a: Tensor, xs: Tensor) => {
    const [carry, results] = scan(body as (c: Carry, x: Tensor) => readonly [Carry, Tensor], start(a), xs, {
      reverse,
    })
    return flatten(carry, results)
  }
  const unrolled = (a: Tensor, xs: Tensor) => {
    let carry = start(a)
    const results: (Tensor | null)[] = []
    for (let turn = 0; turn < length; turn++) {
      const k = reverse ? length - 1 - turn : turn
      const [next, result] = body(carry, xs.at(k))
      carry = next
      results[k] = result
    }
    const rows = results.every(row => row !== null) && length > 0 ? (results as Tensor[]) : undefined
    return flatten(carry, rows ? stack(rows) : null)
  }
  return { looped, unrolled }
}

const total = (outputs: readonly Tensor[]): Tensor =>
  outputs.map((x, k) => x.mul(k + 1).sum()).reduce((sum, x) => sum.add(x))

const a = f64([0.4, 0.9])

function expectClose(got: readonly number[], expected: readonly number[]) {
  expect(got.length).toBe(expected.length)
  got.forEach((x, k) => {
    expect(Math.abs(x - (expected[k] as number))).toBeLessThanOrEqual(
      1e-11 * Math.max(1, Math.abs(expected[k] as number)),
    )
  })
}

describe.each(Object.keys(bodies))('%s', name => {
  const body = bodies[name] as Body
  describe.each([0, 1, 2, 5])('%i steps', length => {
    test.each([false, true])('is the loop written out, reverse %s', reverse => {
      const { looped, unrolled } = both(body, length, reverse)
      const xs = arrays(length)
      const values = (f: typeof looped) => f(a, xs).flatMap(flat)
      if (length > 0) expectClose(values(looped), values(unrolled))
      const gradient = (f: typeof looped) =>
        grad((a: Tensor, xs: Tensor) => total(f(a, xs)), { argnums: [0, 1] })(a, xs).flatMap(flat)
      expectClose(gradient(looped), length > 0 ? gradient(unrolled) : gradient(f0(looped)))
      if (length !== 2) return
      const tangent = (f: typeof looped) =>
        flat(jvp((a: Tensor, xs: Tensor) => total(f(a, xs)), [a, xs], [a, xs.mul(2)]).tangent)
      expectClose(tangent(looped), tangent(unrolled))
      const second = (f: typeof looped) => flat(jacfwd(grad((a: Tensor) => total(f(a, xs))))(a) as Tensor)
      expectClose(second(looped), second(unrolled))
      const twice = (f: typeof looped) =>
        flat(
          grad((xs: Tensor) =>
            grad((a: Tensor) => total(f(a, xs)))(a)
              .square()
              .sum(),
          )(xs),
        )
      expectClose(twice(looped), twice(unrolled))
      const mapped = (f: typeof looped) =>
        flat(
          vmap(grad((a: Tensor) => total(f(a, xs))))(
            f64([
              [0.4, 0.9],
              [-0.3, 0.1],
              [1, 2],
            ]),
          ),
        )
      expectClose(mapped(looped), mapped(unrolled))
    })
  })

  test('is what the interpreter computes, and the same bits within the fewest bytes', () => {
    const { looped } = both(body, 5, false)
    const xs = arrays(5)
    const { program } = record(
      (a: Tensor, xs: Tensor) => {
        const { value, pullback } = vjp((a: Tensor, xs: Tensor) => total(looped(a, xs)), a, xs)
        return [value, ...pullback(tensor(1, { dtype: 'f64' }))] as Tree<Tensor>
      },
      a.aval,
      xs.aval,
    )
    const ample = run(simplify(program), [a, xs])
    const plain = (x: Tensor) => ({ ...x.aval, values: flat(x) })
    const reference = interpret(program, [plain(a), plain(xs)])
    expectClose(
      ample.flatMap(x => Array.from(x)),
      reference.flatMap(({ values }) => values),
    )
    const least = leastBytesOf(program)
    expect(run(simplify(program), [a, xs], least)).toEqual(ample)
    expect(() => compile(simplify(program), { memoryBytes: least - 1 })).toThrow(BudgetError)
  })
})

/** Without steps there is nothing to write out: the gradient is that of the start. */
const f0 = (looped: (a: Tensor, xs: Tensor) => Tensor[]) => (a: Tensor, xs: Tensor) => [
  a,
  a.mul(0.5),
  ...looped(a, xs).slice(2),
]

function leastBytesOf(program: Program): number {
  try {
    compile(simplify(program), { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

function run(program: Program, inputs: readonly Tensor[], memoryBytes?: number) {
  const executable = compile(program, { memoryBytes })
  if (memoryBytes !== undefined) expect(executable.peakBytes).toBeLessThanOrEqual(memoryBytes)
  const arena = new Arena()
  arena.load(executable)
  inputs.forEach((x, k) => void arena.write(k, dataOf(x)))
  arena.run()
  return executable.outputs.map((_, k) => arena.read(k))
}
