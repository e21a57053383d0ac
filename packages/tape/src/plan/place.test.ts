import fc from 'fast-check'
import { expect, test } from 'vitest'
import { place } from './place.js'
import { RandomNumbers } from './random.js'
import type { Periods, Residency } from './residency.js'

const stays = (count: number) =>
  fc.array(fc.tuple(fc.nat(60), fc.nat(30), fc.nat(12)), { minLength: 1, maxLength: count })

/** A residency of periods that begin anywhere, last for some moments and have so many units of 16 bytes. */
function residencyOf(drawn: readonly (readonly [number, number, number])[]): Residency {
  const sorted = drawn.toSorted(([a], [b]) => a - b)
  const periods: Periods = {
    count: sorted.length,
    storage: Int32Array.from(sorted, (_, k) => k),
    start: Int32Array.from(sorted, ([start]) => start),
    end: Int32Array.from(sorted, ([start, length]) => start + length),
    bytes: Float64Array.from(sorted, ([, , units]) => 16 * units),
  }
  const lastMoment = Math.max(91, ...periods.end)
  const liveBytes = new Float64Array(lastMoment + 1)
  for (let k = 0; k < periods.count; k++) {
    for (let at = periods.start[k]!; at <= periods.end[k]!; at++)
      liveBytes[at] = liveBytes[at]! + periods.bytes[k]!
  }
  const peakLiveBytes = Math.max(...liveBytes)
  return {
    runs: new Int32Array(lastMoment - 1),
    periods,
    liveBytes,
    peakLiveBytes,
    peakMoment: liveBytes.indexOf(peakLiveBytes),
  }
}

/** Pairs that share a moment and a byte. */
function overlaps({ count, start, end, bytes }: Periods, offsets: Float64Array): number {
  let pairs = 0
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const shareMoment = start[a]! <= end[b]! && start[b]! <= end[a]!
      const shareByte = offsets[a]! < offsets[b]! + bytes[b]! && offsets[b]! < offsets[a]! + bytes[a]!
      if (shareMoment && shareByte) pairs++
    }
  }
  return pairs
}

test.each(['quick', 'usual', 'thorough'] as const)(
  'periods that share a moment do not overlap, and the peak is that of the highest: %s',
  effort => {
    fc.assert(
      fc.property(stays(120), drawn => {
        const residency = residencyOf(drawn)
        const { offsets, peakBytes } = place(residency, effort)
        const { periods, peakLiveBytes } = residency
        expect(overlaps(periods, offsets)).toBe(0)
        const ends = Array.from(offsets, (offset, k) =>
          periods.bytes[k] === 0 ? 0 : offset + periods.bytes[k]!,
        )
        expect(peakBytes).toBe(Math.max(...ends))
        expect(peakBytes).toBeGreaterThanOrEqual(peakLiveBytes)
      }),
    )
  },
)

test.each(['quick', 'usual', 'thorough'] as const)(
  'thousands of periods, many of which last to the end, lie nearly without fragments: %s',
  effort => {
    const random = new RandomNumbers(7)
    const drawn = Array.from({ length: 4000 }, (_, k) => {
      const start = random.below(4000)
      const length = [1, 5, Math.min(4000 - start, random.below(4000))][k % 3]!
      return [start, length, 1 + random.below(1000)] as const
    })
    const residency = residencyOf(drawn)
    const { offsets, peakBytes } = place(residency, effort)
    expect(overlaps(residency.periods, offsets)).toBe(0)
    expect(peakBytes).toBeLessThan(1.01 * residency.peakLiveBytes)
  },
)
