import { describe, expect, test } from 'vitest'
import { highProduct, philox, type Words4 } from './philox.js'

const words = (text: string) => text.split(' ').map(word => Number.parseInt(word, 16))

// Known-answer vectors of Random123 1.14.0 for philox4x32, 10 rounds: counter, key, result.
const known = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
] as const

describe('philox4x32-10', () => {
  test.each(known)('%s under %s', (counter, key, result) => {
    const found = philox(words(counter) as unknown as Words4, words(key) as unknown as [number, number])
    expect(found).toEqual(words(result))
  })

  test('the upper word of a product is exact', () => {
    const cases = [0, 1, 2, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0xd2511f53]
    for (const a of cases) {
      for (const b of cases) expect(highProduct(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n))
    }
  })
})
