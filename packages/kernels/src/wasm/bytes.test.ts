import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bytes } from './bytes.js'

/** Reads LEB128 as the specification describes it, with integers of any size. */
function read(bytes: Uint8Array, signed: boolean): bigint {
  let value = 0n
  let shift = 0n
  let last = 0
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    last = byte
  }
  return signed && (last & 0x40) !== 0 ? value - (1n << shift) : value
}

/** All bytes but the last say that another one follows. */
const wellFormed = (bytes: Uint8Array) => bytes.every((byte, k) => byte >= 0x80 === k < bytes.length - 1)

describe('Bytes', () => {
  test('unsigned LEB128 reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), value => {
        const bytes = new Bytes()
        bytes.unsigned(value)
        expect(wellFormed(bytes.view())).toBe(true)
        expect(read(bytes.view(), false)).toBe(BigInt(value))
      }),
    )
  })

  test('signed LEB128 of a number is that of the same bigint', () => {
    const edges = [0, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1]
    const numbers = fc.oneof(fc.constantFrom(...edges), fc.integer(), fc.maxSafeInteger())
    fc.assert(
      fc.property(numbers, value => {
        const [ofNumber, ofBigInt] = [new Bytes(), new Bytes()]
        ofNumber.signed(value)
        ofBigInt.signed(BigInt(value))
        expect(ofNumber.view()).toEqual(ofBigInt.view())
      }),
    )
  })

  test('signed LEB128 reads back and is as short as can be', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
        const bytes = new Bytes()
        bytes.signed(value)
        expect(wellFormed(bytes.view())).toBe(true)
        expect(read(bytes.view(), true)).toBe(value)
        const bits = (value < 0n ? -value - 1n : value).toString(2).replace(/^0$/, '').length + 1
        expect(bytes.length).toBe(Math.ceil(bits / 7))
      }),
    )
  })

  test.each([-65, -64, -1, 0, 63, 64, 127, 128])('signed LEB128 of %i', value => {
    const bytes = new Bytes()
    bytes.signed(value)
    expect(read(bytes.view(), true)).toBe(BigInt(value))
  })

  test('appending grows as needed and keeps what was there', () => {
    const bytes = new Bytes()
    for (let k = 0; k < 1000; k++) bytes.byte(k & 0xff)
    bytes.append(new Uint8Array(5000).fill(7))
    expect(bytes.length).toBe(6000)
    expect(bytes.view()[999]).toBe(999 & 0xff)
    expect(bytes.view()[5999]).toBe(7)
  })

  test('names are UTF-8 with their length', () => {
    const bytes = new Bytes()
    bytes.name('né')
    expect(Array.from(bytes.view())).toEqual([3, 0x6e, 0xc3, 0xa9])
  })
})
