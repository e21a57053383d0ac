import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OptionError } from '../errors.js'
import { formatByteSize, parseByteSize } from './bytes.js'

test.each<[string | number, number]>([
  [1, 1],
  [65536, 65536],
  ['65536', 65536],
  ['2 B', 2],
  ['64 KiB', 65536],
  ['1.5 MiB', 1572864],
  ['1.5MB', 1_500_000],
  ['2gib', 2 ** 31],
  ['0.3 KiB', 307],
  ['3.0', 3],
  [2 ** 53 - 1, 2 ** 53 - 1],
])('%j is a size', (size, bytes) => expect(parseByteSize(size)).toBe(bytes))

test.each<[string | number, string]>([
  [1.5, "`memory` is 1.5, not a whole number of bytes.\n.*\n.*\n {2}fix {7}write '1.5 MiB' if MiB are meant"],
  [
    65537.5,
    '`memory` is 65537.5, not a whole number of bytes.\n.*\n.*\n {2}fix {7}round it, such as to 65537',
  ],
  [0.5, '`memory` is 0.5, not a whole number of bytes.'],
  ['1.5', "`memory` is '1.5', not a whole number of bytes."],
  ['1.5 b', "`memory` is '1.5 b', not a whole number of bytes."],
  [0, '`memory` is not a size in bytes: 0.'],
  [-1.5, '`memory` is not a size in bytes: -1.5.'],
  [Number.NaN, '`memory` is not a size in bytes: NaN.'],
  [Number.POSITIVE_INFINITY, '`memory` is not a size in bytes: Infinity.'],
  [1e-7, '`memory` is not a size in bytes: 1e-7.'],
  ['1.5 pages', "`memory` is not a size in bytes: '1.5 pages'."],
  ['0.1 KiB of', "`memory` is not a size in bytes: '0.1 KiB of'."],
])('%j is none', (size, message) => {
  expect(() => parseByteSize(size)).toThrow(OptionError)
  expect(() => parseByteSize(size)).toThrow(new RegExp(`^${message.replace(/[()$]/g, '\\$&')}`))
})

test.each<[unknown, string | undefined]>([
  [0, 'leave `memory` out for its default'],
  ['0 MiB', 'leave `memory` out for its default'],
  [-1, 'leave `memory` out for its default'],
  ['8M', "write '8 MiB'"],
  [' 1.5 gi ', "write '1.5 GiB'"],
  ['8 pages', undefined],
  ['M', undefined],
  ['banana', undefined],
  [Number.NaN, undefined],
  [Object.create(null), undefined],
  [[0], undefined],
])('%j may be meant for another', (size, fix) => {
  let caught: unknown
  try {
    parseByteSize(size as string)
  } catch (error) {
    caught = error
  }
  expect((caught as OptionError).parts.fix).toBe(fix)
})

test('a size that is rounded up does once it is read again, and is the next there is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(4000), fc.nat(2 ** 32)), bytes => {
      const up = formatByteSize(bytes + 1, 'up')
      const read = parseByteSize(up)
      expect(read).toBeGreaterThanOrEqual(bytes + 1)
      expect(read).toBeLessThan((bytes + 1) * 1.01)
      expect(formatByteSize(read)).toBe(up)
    }),
  )
  expect(formatByteSize(2_290_960, 'up')).toBe('2.19 MiB')
  expect(() => formatByteSize(1, 'down' as 'up')).toThrow("formatByteSize: the rounding is 'down'.")
})
