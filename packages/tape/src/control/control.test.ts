import { describe, expect, test } from 'vitest'
import {
  cond,
  forLoop,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  matmul,
  scan,
  type Tensor,
  tanh,
  tensor,
  vmap,
  whileLoop,
} from '../index.js'

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })
const flat = (x: Tensor) => Array.from(x.toTypedArray())

describe('scan', () => {
  test('cumulative sum, forward and reverse', () => {
    const run = (reverse: boolean) =>
      jit((x: Tensor) => scan((s: Tensor, y: Tensor) => [s.add(y), s], tensor(0), x, { reverse }))(
        tensor([1, 2, 3]),
      ) as readonly [Tensor, Tensor]
    expect(run(false).map(x => x.toArray())).toEqual([6, [0, 1, 3]])
    expect(run(true).map(x => x.toArray())).toEqual([6, [5, 3, 0]])
  })

  test('exchanges parts of its carry', () => {
    const [last] = scan(
      ([a, b]: readonly Tensor[]) => [[b as Tensor, (a as Tensor).mul(1)], null],
      [tensor(1), tensor(2)],
      null,
      { length: 3 },
    )
    expect((last as Tensor[]).map(x => x.item())).toEqual([2, 1])
  })

  const unrolled = (w: Tensor, h: Tensor, xs: Tensor) => {
    let state = h
    for (let k = 0; k < 4; k++) state = tanh(matmul(state, w).add(xs.at(k)))
    return state.square().sum()
  }
  const looped = (w: Tensor, h: Tensor, xs: Tensor) => {
    const [last] = scan((s: Tensor, x: Tensor) => [tanh(matmul(s, w).add(x)), null], h, xs)
    return last.square().sum()
  }
  const w = f64([
    [0.1, -0.3],
    [0.7, 0.2],
  ])
  const h = f64([[0.3, -0.5]])
  const xs = f64([[[0.1, 0.2]], [[-0.3, 0.4]], [[0.5, -0.6]], [[0.7, 0.8]]])

  test.each([
    ['grad', (f: typeof looped) => grad(f, { argnums: [0, 1, 2] })(w, h, xs).flatMap(flat)],
    ['jacfwd', (f: typeof looped) => flat(jacfwd((w: Tensor) => f(w, h, xs))(w) as Tensor)],
    ['hessian', (f: typeof looped) => flat(hessian((w: Tensor) => f(w, h, xs))(w) as Tensor)],
    ['grad of grad', (f: typeof looped) => flat(grad((xs: Tensor) => grad(f)(w, h, xs).sin().sum())(xs))],
    [
      'jacrev of jacfwd of jacrev',
      (f: typeof looped) => flat(jacrev(jacfwd(jacrev((h: Tensor) => f(w, h, xs))))(h) as Tensor),
    ],
    ['vmap', (f: typeof looped) => flat(vmap((x: Tensor) => f(w, h, x), { inAxes: 1 })(xs))],
    [
      'vmap of grad',
      (f: typeof looped) =>
        flat(vmap((h: Tensor) => grad(f)(w, h, xs), { inAxes: 0 })(f64([[[1, 2]], [[3, 4]]]))),
    ],
    [
      'grad of vmap',
      (f: typeof looped) =>
        flat(grad((w: Tensor) => vmap((x: Tensor) => f(w, h, x), { inAxes: 1 })(xs).sum())(w)),
    ],
  ])('%s is that of the unrolled loop', (_, of) => {
    const [got, expected] = [of(looped), of(unrolled)]
    expect(got.length).toBe(expected.length)
    got.forEach((x, k) => void expect(x).toBeCloseTo(expected[k] as number, 12))
  })
})

test('for, while, cond', () => {
  expect(forLoop(4, (k, x: Tensor) => x.add(k.convert('f32')), tensor(0)).item()).toBe(6)
  expect(grad((x: Tensor) => forLoop(3, (_, y) => y.mul(y), x))(tensor(2)).item()).toBe(1024)
  const double = (x: Tensor) =>
    whileLoop(
      y => y.less(100),
      y => y.mul(2),
      x,
    )
  expect(double(tensor(3)).item()).toBe(192)
  expect(jvp(double, [tensor(3)], [tensor(1)]).tangent.item()).toBe(64)
  expect(vmap(double)(tensor([3, 200, 1])).toArray()).toEqual([192, 200, 128])
  const bounded = (x: Tensor) =>
    whileLoop(
      y => y.less(100),
      y => y.mul(2),
      x,
      { maxSteps: 10 },
    )
  expect(grad(bounded)(tensor(3)).item()).toBe(64)
  const f = (x: Tensor) =>
    cond(
      x.greater(0),
      y => y.square(),
      y => y.neg(),
      x,
    )
  expect([3, -2].map(x => jit(f)(tensor(x)).item())).toEqual([9, 2])
  expect([3, -2].map(x => grad(f)(tensor(x)).item())).toEqual([6, -1])
  expect([3, -2].map(x => grad(grad(f))(tensor(x)).item())).toEqual([2, 0])
  expect(vmap(grad(f))(tensor([3, -2])).toArray()).toEqual([6, -1])
})

describe('mistakes', () => {
  const x = tensor([1, 2])
  const cases: Readonly<Record<string, () => unknown>> = {
    'a carry of another shape': () => scan((c: Tensor, y: Tensor) => [c.mul(x), y], tensor(1), x),
    'a carry of another nesting': () => scan((c: Tensor) => [[c] as unknown as Tensor, null], tensor(1), x),
    'a step that returns no pair': () => scan((c: Tensor) => c as never, tensor(1), x),
    'arrays of different lengths': () => scan((c: Tensor) => [c, null], tensor(1), [x, tensor([1])]),
    'a scalar to scan over': () => scan((c: Tensor) => [c, null], tensor(1), tensor(1)),
    'no length': () => scan((c: Tensor) => [c, null], tensor(1), null),
    'another length': () => scan((c: Tensor) => [c, null], tensor(1), x, { length: 3 }),
    'half a step': () => forLoop(2.5, (_, c: Tensor) => c, tensor(1)),
    'a state of another dtype': () => forLoop(2, (_, c: Tensor) => c.convert('f64'), tensor(1)),
    'a condition that is a number': () =>
      cond(
        tensor(1),
        () => x,
        () => x,
      ),
    'a condition of several elements': () =>
      whileLoop(
        (s: Tensor) => s.less(5),
        s => s.mul(2),
        x,
      ),
    'branches of different shapes': () =>
      cond(
        tensor(true),
        () => x,
        () => tensor(1),
      ),
    'branches of different nesting': () =>
      cond<[], Tensor | Tensor[]>(
        tensor(true),
        () => x,
        () => [x],
      ),
    'a result that is no tensor': () =>
      cond(
        tensor(true),
        () => 'x' as never,
        () => x,
      ),
    'a value read in a step': () => scan((c: Tensor) => [c.mul(c.item()), null], tensor(1), x),
    'a condition that is no tensor': () =>
      cond(
        true as never,
        () => x,
        () => x,
      ),
    'more steps than can be counted': () =>
      scan((c: Tensor) => [c, null], tensor(1), null, { length: 2 ** 31 }),
  }

  test.each(Object.keys(cases))('%s', name => {
    let message = 'nothing was thrown'
    try {
      cases[name]?.()
    } catch (error) {
      message = String(error)
    }
    expect(message).toMatchSnapshot()
  })
})
