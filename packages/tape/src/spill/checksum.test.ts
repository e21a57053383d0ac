import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from './checksum.js'

const MASK = 0xffffffffn
const PRIMES = [2654435761n, 2246822519n, 3266489917n, 668265263n, 374761393n] as const

/** The specification, line by line, in whole numbers. */
function reference(bytes: readonly number[]): number {
  const [p1, p2, p3, p4, p5] = PRIMES
  const rotl = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & MASK
  const word = (at: number) =>
    [3, 2, 1, 0].reduce((sum, k) => (sum << 8n) | BigInt(bytes[at + k] as number), 0n)
  let at = 0
  let hash: bigint = p5
  if (bytes.length >= 16) {
    const lanes = [p1 + p2, p2, 0n, -p1].map(lane => lane & MASK)
    for (; at + 16 <= bytes.length; at += 16) {
      for (const k of [0, 1, 2, 3]) {
        lanes[k] = (rotl(((lanes[k] as bigint) + word(at + 4 * k) * p2) & MASK, 13n) * p1) & MASK
      }
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, by, k) => sum + rotl(lanes[k] as bigint, by), 0n) & MASK
  }
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; at + 4 <= bytes.length; at += 4) hash = (rotl((hash + word(at) * p3) & MASK, 17n) * p4) & MASK
  for (; at < bytes.length; at++) {
    hash = (rotl((hash + BigInt(bytes[at] as number) * p5) & MASK, 11n) * p1) & MASK
  }
  hash = ((hash ^ (hash >> 15n)) * p2) & MASK
  hash = ((hash ^ (hash >> 13n)) * p3) & MASK
  return Number(hash ^ (hash >> 16n))
}

describe('checksum', () => {
  test.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j', (text, sum) => expect(checksum(new TextEncoder().encode(text))).toBe(sum))

  test('is that of the specification, wherever the bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), (bytes, offset) => {
        const there = new Uint8Array(new ArrayBuffer(128), offset, bytes.length)
        there.set(bytes)
        expect(checksum(there)).toBe(reference([...bytes]))
      }),
    )
  })

  test('every bit counts', () => {
    const bytes = Uint8Array.from({ length: 67 }, (_, k) => k)
    const sums = new Set([checksum(bytes)])
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      sums.add(checksum(flipped))
    }
    expect(sums.size).toBe(8 * bytes.length + 1)
  })
})
