import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeFlags } from './flags.js'

const [LEFT, RIGHT] = [50, 350]

/** More than a letter has on average, and the gap. */
const widthOf = (text: string) => 5 + 7 * text.length

const flag = fc.record({
  kind: fc.constantFrom('bound', 'fewest', 'budget'),
  at: fc.integer({ min: LEFT, max: RIGHT }),
  text: fc.constantFrom('bound 96 B', 'fewest 6.88 MiB', 'budget 999.9 KiB'),
})

test('each name has a row, within the room', () => {
  fc.assert(
    fc.property(fc.array(flag, { maxLength: 4 }), flags => {
      const placed = placeFlags(flags, [LEFT, RIGHT])
      expect(placed.map(({ row }) => row)).toEqual([...flags.keys()])
      for (const { at, text, side } of placed) {
        if (side === 'start') expect(at + widthOf(text)).toBeLessThanOrEqual(RIGHT)
        else expect(at - widthOf(text)).toBeGreaterThanOrEqual(LEFT)
      }
    }),
  )
})

test('a line crosses a name only where the name has room on one side alone, that of the line', () => {
  fc.assert(
    fc.property(fc.array(flag, { maxLength: 4 }), flags => {
      const placed = placeFlags(flags, [LEFT, RIGHT])
      for (const { at, text, side, row } of placed) {
        const [from, to] = side === 'start' ? [at, at + widthOf(text)] : [at - widthOf(text), at]
        const crossing = placed.filter(other => other.row < row && other.at > from && other.at < to)
        if (crossing.length === 0) continue
        expect(side).toBe('start')
        expect(at - widthOf(text)).toBeLessThan(LEFT)
        expect(crossing.every(other => other.side === 'end')).toBe(true)
      }
    }),
  )
})
