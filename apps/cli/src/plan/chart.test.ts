import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cell, chartOf, strokesOf } from './chart.js'
import type { CurvePoint } from './curve.js'

/** Ways out of a cell by its stroke: left, right, up, down. */
const WAYS: Readonly<Record<string, string>> = { '━': 'lr', '┃': 'ud', '┓': 'ld', '┗': 'ur' }

const points = (curve: readonly (readonly [number, number])[]): readonly CurvePoint[] =>
  curve.map(([peakBytes, extraCostPercent]) => ({ peakBytes, extraCostPercent }) as CurvePoint)

test('the line goes through every cell, and its strokes are joined', () => {
  const cells = fc.array(fc.tuple(fc.nat(3), fc.nat(4)), { minLength: 1, maxLength: 30 }).map(moves => {
    let at: Cell = { x: 1, y: 1 }
    return moves.map(([right, down]) => {
      at = { x: at.x + right, y: at.y + down }
      return at
    })
  })
  fc.assert(
    fc.property(cells, cells => {
      const drawn = new Map(strokesOf(cells).map(({ x, y, symbol }) => [`${x} ${y}`, symbol]))
      const goes = (x: number, y: number, way: string) => WAYS[drawn.get(`${x} ${y}`) ?? '']?.includes(way)
      expect(drawn.size).toBe(strokesOf(cells).length)
      const [first, last] = [cells[0]!, cells.at(-1)!]
      for (const { x, y } of cells) expect(drawn.has(`${x} ${y}`)).toBe(true)
      // from the first cell on, right or down, up to the last
      let [{ x, y }, count] = [first, 1]
      for (; x !== last.x || y !== last.y; count++) {
        const down = goes(x, y, 'd')
        expect(down || goes(x, y, 'r')).toBe(true)
        if (down) y++
        else x++
        expect(goes(x, y, down ? 'u' : 'l')).toBe(true)
      }
      expect(count).toBe(drawn.size)
    }),
  )
})

test('a curve that begins steep, and a budget behind it', () => {
  const curve = points([
    [1000, 300],
    [1001, 200],
    [1002, 100],
    [1300, 60],
    [1500, 20],
    [2000, 0],
  ])
  expect(chartOf(curve, 1400)).toMatchInlineSnapshot(`
    "
       ▲                        ╎
    300┤┃                       ╎
       │┃                       ╎
       │┃                       ╎
       │┃                       ╎
    200┤┃                       ╎
       │┃                       ╎
       │┃                       ╎
    100┤┗━━━━━━━━━━━━━━━━━┓     ╎
       │                  ┃     ╎
       │                  ┗━━━━━━━━━━━┓
       │                        ╎     ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
      0┤                        ╎                                  ┗
       └─┬───────────┬────────────┬───────────┬───────────┬─────────▶
         1         1.2          1.4         1.6         1.8
    "
  `)
})
