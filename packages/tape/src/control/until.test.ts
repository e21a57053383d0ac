/** Derivatives of loops that go on until their values say otherwise. */
import { checkGradient } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import { grad, jvp, matmul, type Tensor, tensor, vmap, whileLoop } from '../index.js'

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })
const flat = (x: Tensor) => Array.from(x.toTypedArray())

const w = f64([
  [0.5, -0.4],
  [0.3, 0.8],
])
const a = f64([0.4, 0.9])

/** A step of Newton's method for the root of a number, until it hardly moves. */
const root = (a: Tensor): Tensor =>
  whileLoop(
    ({ x, before }: { readonly x: Tensor; readonly before: Tensor }) => x.sub(before).abs().greater(1e-12),
    ({ x }) => ({ x: x.add(a.div(x)).mul(0.5), before: x }),
    { x: a, before: a.mul(0) },
  ).x

describe('a loop that values end', () => {
  test('derivatives of a root', () => {
    const at = (x: number) => f64(x)
    expect(grad(root)(at(9)).item()).toBeCloseTo(1 / 6, 12)
    expect(jvp(grad(root), [at(9)], [at(1)]).tangent.item()).toBeCloseTo(-1 / 108, 12)
    expect(grad(grad(root))(at(9)).item()).toBeCloseTo(-1 / 108, 12)
    expect(vmap(grad(root))(f64([4, 100, 1e6])).toArray()).toEqual(
      [4, 100, 1e6].map(x => grad(root)(at(x)).item()),
    )
    expect(grad(root, { dynamic: true })(at(9)).item()).toBe(grad(root)(at(9)).item())
  })

  test('is what differences say', () => {
    const f = (x: Tensor, w: Tensor) =>
      whileLoop(
        (y: Tensor) => y.square().sum().less(50),
        y => y.mul(1.4).add(matmul(y, w).sin().mul(0.1)),
        x,
      ).sum()
    checkGradient(f, [a, w])
  })

  test('mapped over a batch each element ends by itself, one of them at once', () => {
    const f = (x: Tensor, r: Tensor) =>
      whileLoop(
        (y: Tensor) => y.less(10),
        y => y.mul(y).mul(r).add(1),
        x,
      )
    const [xs, r] = [f64([0.5, 20, 1.5, -1]), f64(1.2)]
    const g = grad(f, { argnums: [0, 1] })
    const [ofX, ofR] = vmap(g, { inAxes: [0, null] })(xs, r) as readonly [Tensor, Tensor]
    const each = flat(xs).map(x => g(f64(x), r))
    expect(flat(ofX)).toEqual(each.map(([x]) => x.item()))
    expect(flat(ofR)).toEqual(each.map(([, r]) => r.item()))
    expect(flat(ofX)[1]).toBe(1)
  })
})
