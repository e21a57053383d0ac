import { describe, expect, test } from 'vitest'
import { add, flatten, grad, jit, OptionError, tensor } from '../index.js'

describe('transformed functions', () => {
  test('thousands of them run in one process', () => {
    for (let k = 0; k < 3000; k++) {
      const slope = grad((x: ReturnType<typeof tensor>) => x.mul(x))(tensor(k)).item()
      if (slope !== 2 * k) throw new Error(`grad of x² at ${k} is ${slope}`)
    }
  })

  test('a budget gives a function an arena of its own, which a larger program cannot pass', () => {
    const double = jit((x: ReturnType<typeof tensor>) => x.add(x), { memory: '64 KiB' })
    expect(double(tensor([1, 2])).toArray()).toEqual([2, 4])
    expect(() => double(tensor(new Float32Array(20_000)))).toThrow(/No plan fits 65536 bytes/)
    expect(double(tensor([3])).toArray()).toEqual([6])
  })

  test('calls of every form in turn, each after each other', () => {
    const total = jit((...args: readonly unknown[]) =>
      flatten(args).leaves.reduce((sum, x) => add(sum, x.sum().convert('f64')), tensor(0, { dtype: 'f64' })),
    )
    const forms: readonly (readonly [readonly unknown[], number])[] = [
      [[], 0],
      [[1], 1],
      [[tensor(2)], 2],
      [[tensor([2, 3])], 5],
      [[tensor([2, 3], { dtype: 'f64' })], 5],
      [[tensor([[2, 3]])], 5],
      [[tensor([2]), 5], 7],
      [[[tensor([2]), 5]], 7],
      [[{ a: tensor([2]), b: 6 }], 8],
      [[{ a: tensor([2]), c: 6 }], 8],
      [[{ a: tensor([2]), b: 6, c: 1 }], 9],
      [[{ a: tensor([2]) }, { b: 6 }], 8],
      [[Object.assign(Object.create(null), { a: 4, b: 6 })], 10],
    ]
    for (const [first, one] of forms) {
      for (const [second, two] of forms) {
        expect([total(...first).item(), total(...second).item()]).toEqual([one, two])
        expect(total(...second).item()).toBe(two)
      }
    }
    expect(() => total(new Map())).toThrow(OptionError)
    // Inside of a recording the same form is recorded, not run.
    const x = tensor([2, 3])
    expect(total(x).item()).toBe(5)
    expect(grad((x: ReturnType<typeof tensor>) => total(x))(x).toArray()).toEqual([1, 1])
  })
})
