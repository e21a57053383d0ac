import { BudgetError, PAGE_BYTES, pageCeil } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import { fit, layOut, totalBytes } from './budget.js'

const page = PAGE_BYTES

/** Plans that need so many bytes of arena. */
const planner = (leastBytes: number) => (laneBytes: number) => {
  if (laneBytes >= leastBytes) return laneBytes
  throw new BudgetError({ summary: 'tight', budgetBytes: laneBytes, leastBytes })
}

const failure = (act: () => unknown) => thrownBy(act, BudgetError)

describe('a layout', () => {
  test('never exceeds the budget', () => {
    for (const lanes of [1, 2, 3, 7, 16]) {
      for (const budgetBytes of [5e6, 1e7 + 1, 2 ** 25 - 1, 2 ** 40]) {
        const layout = layOut(budgetBytes, lanes, { parcelBytes: page, reducerBytes: 3 * page })
        expect(totalBytes(lanes, layout)).toBeLessThanOrEqual(budgetBytes)
        expect(layout.laneBytes % page).toBe(0)
      }
    }
  })
})

describe('fitting', () => {
  test('names the fewest bytes that do, and exactly these do', () => {
    for (const lanes of [1, 2, 5]) {
      for (const needs of [
        { parcelBytes: 0, reducerBytes: 0 },
        { parcelBytes: 2 * page, reducerBytes: 5 * page },
      ]) {
        for (const laneLeast of [1, page, page + 16, 1_000_016]) {
          for (const tight of [1, 1000, 4 * page]) {
            const prepare = planner(laneLeast)
            const totals = lanes * (pageCeil(laneLeast) + needs.parcelBytes) + needs.reducerBytes
            if (tight >= totals) continue
            const error = failure(() => fit(tight, lanes, needs, undefined, prepare))
            expect(error).toMatchObject({ code: 'BUDGET', budgetBytes: tight, leastBytes: totals })
            const { layout } = fit(error.leastBytes, lanes, needs, undefined, prepare)
            expect(totalBytes(lanes, layout)).toBe(error.leastBytes)
            expect(() => fit(error.leastBytes - 1, lanes, needs, undefined, prepare)).toThrow(BudgetError)
          }
        }
      }
    }
  })

  test('keeps the layout in use if it will do', () => {
    const current = layOut(20 * page, 2, { parcelBytes: 0, reducerBytes: 4 * page })
    const kept = fit(20 * page, 2, { parcelBytes: 0, reducerBytes: 0 }, current, planner(8 * page))
    expect(kept.layout).toBe(current)
    const other = fit(20 * page, 2, { parcelBytes: 0, reducerBytes: 0 }, current, planner(9 * page))
    expect(other.layout).toEqual({ parcelBytes: 0, reducerBytes: 0, laneBytes: 10 * page })
  })

  test('passes other errors on', () => {
    const broken = () => {
      throw new RangeError('not the budget')
    }
    expect(() => fit(page, 1, { parcelBytes: 0, reducerBytes: 0 }, undefined, broken)).toThrow(RangeError)
  })

  test('says how the bytes are divided', () => {
    const needs = { parcelBytes: page, reducerBytes: 2 * page }
    expect(
      failure(() => fit(page, 2, needs, undefined, planner(100_000), 64)).message,
    ).toMatchInlineSnapshot(`
      "No plan fits 64 KiB with 2 lanes.
        expected  at least 524288 bytes: 2 × 128 KiB for the lanes, 2 × 64 KiB for what travels, 128 KiB for the reduction
        fix       raise \`memory\`, or lower \`workers\`, each of which has an arena of its own, or pass fewer rows a call"
    `)
    expect(
      failure(() => fit(page, 1, { parcelBytes: 0, reducerBytes: 0 }, undefined, planner(page + 1))).message,
    ).toMatchInlineSnapshot(`
      "No plan fits 64 KiB with 1 lane.
        expected  at least 131072 bytes: 1 × 128 KiB for the lane
        fix       raise \`memory\`"
    `)
  })
})
