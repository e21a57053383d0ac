import { plot } from 'simple-ascii-chart'
import type { CurvePoint } from './curve.js'
import { ticksOf, unitOf } from './scale.js'

const [WIDTH, HEIGHT] = [60, 12]

/** What the upright line of the budget is drawn with. */
export const BUDGET_MARK = '╎'

/** A curve as a chart of characters: extra cost in percent against bytes, the budget as an upright line. */
export function chartOf(points: readonly CurvePoint[], budgetBytes: number | undefined): string {
  const [first, last] = [points[0] as CurvePoint, points.at(-1) as CurvePoint]
  const unit = unitOf(last.peakBytes)
  const inside = budgetBytes !== undefined && budgetBytes >= first.peakBytes && budgetBytes <= last.peakBytes
  const ticks = ticksOf([first.peakBytes, last.peakBytes], 5, unit.bytes)
  return plot(
    points.map(({ peakBytes, extraCostPercent }): [number, number] => [peakBytes, extraCostPercent]),
    {
      width: WIDTH,
      height: HEIGHT,
      customXAxisTicks: [...ticks],
      customYAxisTicks: [...ticksOf([0, first.extraCostPercent], 4, 1)],
      symbols: { thresholds: { y: BUDGET_MARK } },
      thresholds: inside ? [{ x: budgetBytes }] : [],
      formatter: (value, { axis }) =>
        axis === 'x' ? Number((value / unit.bytes).toFixed(3)) : Number(value.toPrecision(3)),
    },
  )
}
