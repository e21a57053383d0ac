import { randomPrograms, toPlain, toTensor } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  grad,
  hessian,
  hvp,
  jacfwd,
  jacobian,
  jacrev,
  jit,
  jvp,
  matmul,
  OptionError,
  ShapeError,
  sparseJacobian,
  sum,
  type Tensor,
  tensor,
  vjp,
  vmap,
} from '../index.js'

const f64 = (values: number[]) => tensor(values, { dtype: 'f64' })

/** Rosenbrock's function, whose derivatives are known. */
const rosenbrock = (x: Tensor) => {
  const [a, b] = [x.at(0), x.at(1)]
  return b.sub(a.square()).square().mul(100).add(a.mul(-1).add(1).square())
}

/** Asserts that tensors agree but for rounding. */
function close(got: Tensor, want: Tensor, room = 1e-12): void {
  const [a, b] = [toPlain(got), toPlain(want)]
  expect(a.shape).toEqual(b.shape)
  const scale = Math.max(1, ...b.values.map(Math.abs))
  a.values.forEach((value, k) => {
    expect(Math.abs(value - (b.values[k] as number))).toBeLessThanOrEqual(room * scale)
  })
}

describe('second derivatives', () => {
  const x = f64([0.7, -0.4])

  test('of Rosenbrock’s function against the closed form', () => {
    const [a, b] = [0.7, -0.4]
    expect(hessian(rosenbrock)(x).toArray()).toEqual([
      [expect.closeTo(1200 * a * a - 400 * b + 2, 9), expect.closeTo(-400 * a, 9)],
      [expect.closeTo(-400 * a, 9), 200],
    ])
  })

  test('hvp is hessian times vector', () => {
    const v = f64([1.5, -2])
    close(hvp(rosenbrock, x, v), matmul(hessian(rosenbrock)(x), v))
  })

  test('forward over reverse, reverse over forward, reverse over reverse, forward over forward', () => {
    const nested = [
      jacfwd(grad(rosenbrock) as typeof rosenbrock),
      jacrev(jacfwd(rosenbrock)),
      jacrev(grad(rosenbrock) as typeof rosenbrock),
      jacfwd(jacfwd(rosenbrock)),
    ]
    for (const second of nested) close(second(x), hessian(rosenbrock)(x))
  })

  test('third derivatives', () => {
    const cube = (x: Tensor) => sum(x.mul(x).mul(x))
    expect(jacfwd(hessian(cube))(f64([2])).toArray()).toEqual([[[6]]])
  })
})

describe('Jacobians', () => {
  test('jacfwd, jacrev and jacobian agree on random programs', () => {
    fc.assert(
      fc.property(randomPrograms(), ({ run, inputs }) => {
        const [x, ...rest] = inputs.map(toTensor) as [Tensor, ...Tensor[]]
        const one = (x: Tensor) => run(x, ...rest)[0] as Tensor
        const forward = jacfwd(one)(x)
        close(jacrev(one)(x), forward, 1e-9)
        close(jacobian(one)(x), forward, 1e-9)
      }),
      { numRuns: 60 },
    )
  })
})

describe('further arguments', () => {
  const x = f64([0.7, -0.4])
  type Rest = readonly [p: { readonly s: Tensor }, k: Tensor | number]
  type Weighted = (x: Tensor, ...rest: Rest) => Tensor
  const weighted: Weighted = (x, { s }, k) =>
    x
      .sin()
      .mul(s)
      .mul((k as Tensor).convert('f64'))
  const total: Weighted = (x, p, k) => weighted(x, p, k).sum()
  const diagonal = { rows: [0, 1], columns: [0, 1] }

  test.each<[string, Weighted, (f: Weighted) => Weighted]>([
    ['jacfwd', weighted, f => jacfwd(f)],
    ['jacrev', weighted, f => jacrev(f)],
    ['jacobian', weighted, f => jacobian(f)],
    ['jacobian of few outputs', total, f => jacobian(f)],
    ['jacfwd in jacrev', weighted, f => jacrev(jacfwd(f))],
    ['jacrev in jit', weighted, f => jit(jacrev(f))],
    [
      'sparseJacobian',
      weighted,
      f =>
        (...args) =>
          sparseJacobian(f, diagonal)(...args).values,
    ],
    ['hessian', total, f => hessian(f)],
  ])('of %s are handed on, as if the function closed over them', (_, fn, transform) => {
    const transformed = transform(fn)
    fc.assert(
      fc.property(
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.integer(),
        fc.boolean(),
        (s, k, wrapped) => {
          const p = { s: f64([s, 2]) }
          const number = tensor(k % 8)
          const closed = transform(x => fn(x, p, number))
          close(transformed(x, p, wrapped ? number : k % 8), closed(x, p, 0))
        },
      ),
      { numRuns: 20 },
    )
  })

  test('may be left out, have other shapes at each call, and are explained', () => {
    const scaled = hessian((w: Tensor, s: Tensor | number = 1) => w.square().sum().mul(s))
    expect(scaled(tensor([1, 2])).toArray()).toEqual([[2, 0], [0, 2]]) // biome-ignore format: a matrix
    expect(scaled(tensor([1, 2]), 100).toArray()).toEqual([[200, 0], [0, 200]]) // biome-ignore format: a matrix
    const sums = sparseJacobian((x: Tensor, y: Tensor) => x.mul(y.sum()), diagonal)
    expect(sums(x, f64([1, 2])).values.toArray()).toEqual([3, 3])
    expect(sums(x, f64([1, 2, 4])).values.toArray()).toEqual([7, 7])
    expect(jacobian(weighted).explain(x, { s: x }, 2).peakBytes).toBeGreaterThan(0)
  })

  test('are held to their types', () => {
    // @ts-expect-error: a tree of tensors
    expect(() => jacfwd(weighted)(x, { s: 'a' }, 1)).toThrow(OptionError)
    // @ts-expect-error: one too few
    expect(() => hessian(total)(x, { s: x })).toThrow(TypeError)
  })
})

describe('jvp and vjp', () => {
  test('of trees, with integer arguments between', () => {
    const f = (p: { w: Tensor; b: Tensor }, k: Tensor) => p.w.mul(k.convert('f64')).add(p.b)
    const p = { w: f64([2, 3]), b: f64([1, 1]) }
    const k = tensor([4, 5], { dtype: 'i32' })
    const { value, tangent } = jvp(f, [p, k], [{ w: f64([1, 0]), b: f64([0, 10]) }, k])
    expect(value.toArray()).toEqual([9, 16])
    expect(tangent.toArray()).toEqual([4, 10])
    const [back] = vjp(f, p, k).pullback(f64([1, 1]))
    expect(back.w.toArray()).toEqual([4, 5])
    expect(back.b.toArray()).toEqual([1, 1])
  })

  test('tangents and cotangents must be like what they belong to', () => {
    const f = (x: Tensor) => x.mul(2)
    expect(() => jvp(f, [f64([1, 2])], [f64([1])])).toThrow(ShapeError)
    expect(() => jvp(f, [f64([1])], [tensor([1])])).toThrow(/a tangent is f32\[1\]/)
    expect(() => vjp(f, f64([1])).pullback(f64([1, 2]))).toThrow(/a cotangent is f64\[2\]/)
  })

  test('perturbations are not confused', () => {
    // d/dx (x · d/dy (x + y)) = 1, at any y (Siskind & Pearlmutter 2005)
    const inner = (x: Tensor) => jvp((y: Tensor) => x.add(y), [f64([1]).at(0)], [f64([1]).at(0)]).tangent
    const outer = jvp((x: Tensor) => x.mul(inner(x)), [f64([3]).at(0)], [f64([1]).at(0)])
    expect(outer.tangent.item()).toBe(1)
  })
})

describe('vmap', () => {
  const dot = (x: Tensor, y: Tensor) => sum(x.mul(y))

  test('nested: all pairs', () => {
    const pairs = vmap((x: Tensor) => vmap((y: Tensor) => dot(x, y))(f64([1, 2, 3, 4]).reshape([2, 2])))
    expect(pairs(f64([1, 0, 0, 1]).reshape([2, 2])).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ])
  })

  test('axes in and out', () => {
    const x = f64([1, 2, 3, 4, 5, 6]).reshape([2, 3])
    const scale = vmap((column: Tensor) => column.mul(10), { inAxes: 1, outAxes: 1 })
    expect(scale(x).toArray()).toEqual(x.mul(10).toArray())
    expect(vmap((row: Tensor) => sum(row), { inAxes: -2 })(x).toArray()).toEqual([6, 15])
  })

  test('gradients per example', () => {
    const loss = (w: Tensor, x: Tensor) => sum(x.mul(w)).square()
    const x = f64([1, 2, 3, 4]).reshape([2, 2])
    const perExample = vmap(grad(loss), { inAxes: [null, 0] })(f64([1, 1]), x)
    expect(perExample.toArray()).toEqual([
      [6, 12],
      [42, 56],
    ])
  })

  test('inside jit and under grad', () => {
    const total = (x: Tensor) => sum(vmap((y: Tensor) => y.square())(x))
    expect(grad(total)(f64([1, 2])).toArray()).toEqual([2, 4])
    expect(jit(total)(f64([1, 2])).item()).toBe(5)
  })

  test('says what does not fit', () => {
    expect(() => vmap(dot)(f64([1, 2]), f64([1, 2, 3]))).toThrow(/batches differ in length: 2, 3/)
    expect(() => vmap(dot, { inAxes: null })(f64([1]), f64([1]))).toThrow(OptionError)
    expect(() => vmap(dot, { inAxes: [0] })(f64([1]), f64([1]))).toThrow(
      /1 entries, but there are 2 arguments/,
    )
    expect(() => vmap(dot, { inAxes: 2 })(f64([1]), f64([1]))).toThrow(/no axis 2 in f64\[1\]/)
    expect(() => vmap(dot)(f64([1]), f64([1]).sum())).toThrow(
      /no axis 0 in f64\[\], of argument 1\.[\s\S]*inAxes: \[null, 0\]/,
    )
  })
})
