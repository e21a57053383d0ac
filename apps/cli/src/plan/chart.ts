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
      symbols: { thresholds: { y: BUDGET_MARK } },
      thresholds: inside ? [{ x: budgetBytes }] : [],
      formatter: (value, { axis: which }) =>
        which === 'x' ? Number((value / unit.bytes).toFixed(3)) : Number(axis.valueAt(value).toPrecision(3)),
    },
  )
  // the field is filled with blanks
  return chart.replaceAll(/ +$/gm, '')
}
