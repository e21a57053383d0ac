import { describe, expect, test } from 'vitest'
import { checkpoint, grad, jit, type Tensor, tensor, valueAndGrad } from '../index.js'

/** √a by Newton's iteration, until it has converged. */
const root = (a: Tensor): Tensor => {
  let x = a
  for (;;) {
    const next = x.add(a.div(x)).div(2)
    if (Math.abs(next.item() - x.item()) < 1e-12) return next
    x = next
  }
}

describe('define by run', () => {
  test('a loop that ends when a value says so', () => {
    const f = valueAndGrad(root, { dynamic: true })
    for (const a of [2, 9, 100]) {
      const { value, gradient } = f(tensor(a, { dtype: 'f64' }))
      expect(value.item()).toBeCloseTo(Math.sqrt(a), 12)
      expect(gradient.item()).toBeCloseTo(0.5 / Math.sqrt(a), 12)
    }
  })

  test('branches on values, at each call anew', () => {
    const f = grad((x: Tensor) => (x.item() > 0 ? x.square() : x.mul(-5)), { dynamic: true })
    expect([3, -1, 4].map(x => f(tensor(x)).item())).toEqual([6, -5, 8])
  })

  test('nested: derivatives of a path, dynamic inside of dynamic', () => {
    const cube = (x: Tensor) => {
      let y = x
      for (let k = 0; k < 2 && y.item() > 0; k++) y = y.mul(x)
      return y
    }
    const second = grad((x: Tensor) => grad(cube, { dynamic: true })(x), { dynamic: true })
    expect(second(tensor(2)).item()).toBe(12)
    const inner = jit((x: Tensor) => x.mul(grad(cube, { dynamic: true })(x)), { dynamic: true })
    expect(inner(tensor(2)).item()).toBe(24)
    const outside = grad(
      (a: Tensor) => grad((x: Tensor) => (a.item() > 1 ? x.mul(a) : x), { dynamic: true })(tensor(3)),
      {
        dynamic: true,
      },
    )
    expect([outside(tensor(2)).item(), outside(tensor(0)).item()]).toEqual([1, 0])
  })

  test('the same bits as the path recorded without values, within the same budget', () => {
    const path = (x: Tensor) => {
      let y = x
      for (let k = 0; k < 20; k++) y = y.mul(y).add(x).tanh()
      return y.sum()
    }
    const x = tensor(Float32Array.from({ length: 3000 }, (_, k) => k / 3000))
    const memory = '128 KiB'
    const dynamic = grad((x: Tensor) => (x.at(0).item() > 1 ? x.sum() : path(x)), { dynamic: true, memory })
    expect(dynamic(x).toTypedArray()).toEqual(grad(path, { memory })(x).toTypedArray())
    expect(() =>
      grad(path, { dynamic: true, memory: '64 KiB' })(tensor(new Float32Array(9000))),
    ).toThrowErrorMatchingInlineSnapshot(
      `
      [BudgetError: No plan fits 65536 bytes.
        expected  at least 131072 bytes, in whole pages of 65536
        at        %2 f32[9000] = …+add+mul+add+add %0 f32[9000], %1 f32[], recorded at dynamic.test.ts:51:42
        fix       give it 131072 bytes (128 KiB), or use smaller batches or layers]
    `,
    )
  })

  test('an instruction that runs a program takes as few bytes as it must', () => {
    const f = checkpoint((x: Tensor) => {
      const parts = [1, 2, 3, 4, 5, 6].map(k => x.add(k).exp())
      return parts.map((part, k) => part.mul(parts[5 - k] as Tensor).sum()).reduce((sum, y) => sum.add(y))
    })
    const x = tensor(Float32Array.from({ length: 3000 }, (_, k) => k / 3000))
    const [dynamic, once] = [true, false].map(dynamic => jit(f, { memory: '64 KiB', dynamic })(x).item())
    expect(dynamic).toBe(once)
  })

  test('inside of a recording without values there is nothing to read', () => {
    const f = jit((x: Tensor) => grad(root, { dynamic: true })(x))
    expect(() => f(tensor(2))).toThrowErrorMatchingInlineSnapshot(`
      [RecordError: item() was asked of f32[] while recording: %4 has no value yet.
        expected  a tensor that has been computed
        at        dynamic.test.ts:9:23
        fix       choose between values with where, cond or whileLoop; close over a number that shapes or loops depend on; or record with { dynamic: true } and read outside of the functions of loops]
    `)
  })
})
