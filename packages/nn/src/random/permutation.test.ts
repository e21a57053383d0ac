import { expect, test } from 'vitest'
import { highProduct } from './permutation.js'

test('the upper word of a product is exact', () => {
  const cases = [0, 1, 2, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0xd2511f53]
  for (const a of cases) {
    for (const b of cases) expect(highProduct(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n))
  }
})
