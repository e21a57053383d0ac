import { formatByteSize } from '@wengert/tape'
import { scaleLinear, scaleSymlog } from 'd3-scale'
import { curveStepAfter, line } from 'd3-shape'
import type { CurvePoint } from '../curve.js'
import type { PlanReport } from '../report.js'
import { ticksOf, unitOf } from '../scale.js'
import { percent } from '../words.js'
import { FLAG_GAP, placeFlags, ROW } from './flags.js'
import { type Frame, picture, tickText } from './frame.js'
import { element, textElement } from './markup.js'

/** Above so many percent, extra costs are drawn on a scale that is logarithmic from about 20 % on. */
const [STEEP, BEND] = [150, 20]

/** Percent that the scale of costs reaches at least. */
const LEAST_RANGE = 5

/** Extra cost against bytes: every plan of the curve, the budget, and what no plan was found for. */
export function curveFigure({ plan, budgetBytes, curve }: PlanReport, frame: Frame): string {
  const { left, right, top, bottom, width, height } = frame
  const [first, last] = [curve[0] as CurvePoint, curve.at(-1) as CurvePoint]
  const shown = budgetBytes !== undefined && budgetBytes <= 1.6 * last.peakBytes
  const most = 1.04 * Math.max(last.peakBytes, shown ? budgetBytes : 0)
  const x = scaleLinear([0, most], [left, width - right])
  const { lowerBoundBytes } = plan
  const fewest = first.peakBytes
  const flag = (kind: string, bytes: number) => ({
    kind,
    at: x(bytes),
    text: `${kind} ${formatByteSize(bytes, kind === 'budget' ? 'nearest' : 'up')}`,
  })
  const flags = placeFlags(
    [
      ...(lowerBoundBytes === undefined ? [] : [flag('bound', lowerBoundBytes)]),
      flag('fewest', fewest),
      ...(shown ? [flag('budget', budgetBytes)] : []),
    ],
    [left, width - right],
  )
  // Above the first row is what points beyond the right end.
  const beyond = budgetBytes === undefined || shown ? [] : [`budget ${formatByteSize(budgetBytes)} →`]
  const rowAt = (row: number) => top + ROW * (row + beyond.length)
  const name = (className: string, at: number, row: number, anchor: 'start' | 'end', text: string) =>
    textElement(
      'text',
      { class: `${className} name`, x: at, y: rowAt(row) + 13, 'text-anchor': anchor },
      text,
    )
  const highest = 1.1 * Math.max(first.extraCostPercent, LEAST_RANGE)
  const steep = first.extraCostPercent > STEEP
  const across: [number, number] = [height - bottom, rowAt(flags.length) + ROW / 2]
  const y = steep ? scaleSymlog([0, highest], across).constant(BEND) : scaleLinear([0, highest], across)
  const unit = unitOf(last.peakBytes)

  const steps = [
    ...curve.map(({ peakBytes, extraCostPercent }) => [peakBytes, extraCostPercent] as const),
    [most, last.extraCostPercent] as const,
  ]
  const path = line<readonly [number, number]>(
    ([bytes]) => x(bytes),
    ([, extra]) => y(extra),
  ).curve(curveStepAfter)
  const marks = [
    element('rect', {
      class: 'unplanned',
      x: left,
      y: top,
      width: x(fewest) - left,
      height: height - bottom - top,
    }),
    ...flags.map(({ kind, at, row }) =>
      element('line', { class: kind, x1: at, x2: at, y1: rowAt(row), y2: height - bottom }),
    ),
    element('path', { class: 'curve', d: path(steps) ?? '' }),
    ...curve.map(point => dot('point', 3, point, x(point.peakBytes), y(point.extraCostPercent))),
    dot('chosen', 5, plan, x(plan.peakBytes), y(plan.extraCostPercent)),
    ...flags.map(({ kind, at, row, side, text }) =>
      name(kind, at + (side === 'end' ? -FLAG_GAP : FLAG_GAP), row, side, text),
    ),
    ...beyond.map(text => name('budget', width - right - 4, -1, 'end', text)),
  ]
  const axes = {
    x: ticksOf([0, most], frame.kind === 'wide' ? 8 : 4, unit.bytes).map(tick => ({
      at: x(tick),
      text: tickText(tick / unit.bytes),
    })),
    xLabel: `${unit.name} needed`,
    y: (steep ? steepTicks(highest) : y.ticks(5)).map(tick => ({ at: y(tick), text: tickText(tick) })),
    yLabel: `extra cost in %${steep ? ', logarithmic' : ''}`,
  }
  const ends = [first, last].map(
    ({ peakBytes, extraCostPercent }) => `${percent(extraCostPercent)} at ${formatByteSize(peakBytes, 'up')}`,
  )
  return picture(frame, `Extra cost against bytes, from ${ends.join(' to ')}`, axes, marks)
}

const dot = (
  className: string,
  radius: number,
  { peakBytes, extraCostPercent }: Pick<CurvePoint, 'peakBytes' | 'extraCostPercent'>,
  cx: number,
  cy: number,
): string =>
  element(
    'circle',
    { class: className, cx, cy, r: radius },
    textElement('title', {}, `${formatByteSize(peakBytes, 'up')}, +${percent(extraCostPercent)}`),
  )

/** 0, 10, 20, 50, 100, … up to a number. */
function steepTicks(highest: number): readonly number[] {
  const decades = Math.ceil(Math.log10(highest))
  const ticks = Array.from({ length: decades }, (_, k) => [10, 20, 50].map(tick => tick * 10 ** k)).flat()
  return [0, ...ticks.filter(tick => tick <= highest)]
}
