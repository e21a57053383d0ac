import { plot } from 'simple-ascii-chart'
import type { CurvePoint } from './curve.js'
import { type Axis, axisOf, ticksOf, unitOf } from './scale.js'

const [WIDTH, HEIGHT] = [60, 12]

/** What the upright line of the budget is drawn with. */
export const BUDGET_MARK = '╎'

/** The axis of extra cost in percent. */
export const costAxisOf = (points: readonly CurvePoint[]): Axis =>
  axisOf(
    points.map(({ extraCostPercent }) => extraCostPercent),
    4,
  )

/** A curve as a chart of characters: extra cost in percent against bytes, the budget as an upright line. */
export function chartOf(points: readonly CurvePoint[], budgetBytes: number | undefined): string {
  const axis = costAxisOf(points)
  const [first, last] = [points[0] as CurvePoint, points.at(-1) as CurvePoint]
  const unit = unitOf(last.peakBytes)
  const inside = budgetBytes !== undefined && budgetBytes >= first.peakBytes && budgetBytes <= last.peakBytes
  const ticks = ticksOf([first.peakBytes, last.peakBytes], 5, unit.bytes)
  const range = last.peakBytes - first.peakBytes
  const upright = inside ? uprightAt(columnOf((budgetBytes - first.peakBytes) / range)) : []
  const cells: Cell[] = []
  const chart = plot(
    points.map(({ peakBytes, extraCostPercent }): [number, number] => [
      peakBytes,
      axis.place(extraCostPercent),
    ]),
    {
      width: WIDTH,
      height: HEIGHT,
      customXAxisTicks: [...ticks],
      customYAxisTicks: axis.ticks.map(axis.place),
      // called for each point in turn
      lineFormatter({ plotX: x, plotY: y }) {
        cells.push({ x, y })
        return cells.length < points.length ? [] : [...upright, ...strokesOf(cells)]
      },
      formatter: (value, { axis: which }) =>
        which === 'x' ? Number((value / unit.bytes).toFixed(3)) : Number(axis.valueAt(value).toPrecision(3)),
    },
  )
  // the field is filled with blanks
  return chart.replaceAll(/ +$/gm, '')
}

/** A place in the field of a chart: columns from 1 on from the left, rows from 1 on from the top. */
export interface Cell {
  readonly x: number
  readonly y: number
}

interface Stroke extends Cell {
  readonly symbol: string
}

const columnOf = (share: number): number => 1 + Math.round(share * (WIDTH - 1))

const uprightAt = (x: number): readonly Stroke[] =>
  Array.from({ length: HEIGHT + 1 }, (_, y) => ({ x, y, symbol: BUDGET_MARK }))

/**
 * A line that goes right and down in stairs through cells, which are in its order. Each step down is in the column of its
 * lower end, so that cells of one column are joined.
 */
export function strokesOf(cells: readonly Cell[]): readonly Stroke[] {
  const strokes: Stroke[] = []
  const draw = (x: number, y: number, symbol: string) => strokes.push({ x, y, symbol })
  let last: Cell | undefined
  for (const { x, y: bottom } of cells.filter(({ x }, k) => x !== cells[k + 1]?.x)) {
    const top = last?.y ?? (cells[0] as Cell).y
    for (let left = (last?.x ?? x) + 1; left < x; left++) draw(left, top, '━')
    for (let y = top; y <= bottom; y++) {
      if (top === bottom) draw(x, y, '━')
      else if (y === bottom) draw(x, y, '┗')
      else draw(x, y, y === top && last ? '┓' : '┃')
    }
    last = { x, y: bottom }
  }
  return strokes
}
