import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SizedGaps } from './sized-gaps.js'

interface Range {
  readonly begin: number
  readonly end: number
}

/** The tightest by looking at all. */
const byLooking = (ranges: readonly Range[], size: number, isHighest: boolean): number | undefined => {
  const holding = ranges.filter(({ begin, end }) => end - begin >= size)
  const room = Math.min(...holding.map(({ begin, end }) => end - begin))
  const begins = holding.filter(({ begin, end }) => end - begin === room).map(({ begin }) => begin)
  if (begins.length === 0) return undefined
  return isHighest ? Math.max(...begins) : Math.min(...begins)
}

test('the tightest range is found as by looking at all of them', () => {
  const lengths = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 40 })
  const gone = fc.array(fc.nat(), { maxLength: 20 })
  fc.assert(
    fc.property(lengths, gone, (lengths, gone) => {
      const gaps = new SizedGaps()
      let [end, ranges]: [number, Range[]] = [0, []]
      for (const length of lengths) {
        const range = { begin: end, end: end + length }
        ranges.push(range)
        gaps.add(range.begin, range.end)
        end += length + 1
      }
      for (const k of gone) {
        const range = ranges[k % ranges.length]
        if (!range) break
        gaps.remove(range.begin, range.end)
        ranges = ranges.filter(one => one !== range)
      }
      for (let size = 1; size <= 7; size++) {
        for (const isHighest of [false, true]) {
          expect(gaps.tightest(size, isHighest)).toBe(byLooking(ranges, size, isHighest))
        }
      }
    }),
  )
})
