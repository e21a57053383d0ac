import { describe, expect, test } from 'vitest'
import { grad, jit, tensor } from '../index.js'

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
})
