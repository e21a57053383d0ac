import { formatByteSize } from '@wengert/tape'
import { scaleLinear } from 'd3-scale'
import { area, curveStepBefore, line } from 'd3-shape'
import type { PlanReport } from '../report.js'
import { ticksOf, unitOf } from '../scale.js'
import type { Run } from '../timeline.js'
import { type Frame, picture, tickText } from './frame.js'
import { element, textElement } from './markup.js'

/** Runs that are told apart by pointing at them; of more, none is wide enough. */
const MOST_POINTED = 400

/** Bytes in use at each moment of a plan: the budget and the arena's peak as lines, what runs again shaded. */
export function memoryFigure({ plan, budgetBytes, timeline }: PlanReport, frame: Frame): string {
  const { left, right, top, bottom, width, height } = frame
  const { runs, totalCost } = timeline
  const byCost = totalCost > 0
  const ends = runs.map(({ endCost }, k) => (byCost ? (100 * endCost) / plan.cost : k + 1))
  const x = scaleLinear([0, ends.at(-1) ?? 1], [left, width - right])
  const shown = budgetBytes !== undefined && budgetBytes <= 1.6 * plan.peakBytes
  const highest = shown ? Math.max(budgetBytes, plan.peakBytes) : plan.peakBytes
  const y = scaleLinear([0, 1.08 * highest], [height - bottom, top])
  const unit = unitOf(highest)

  const steps = columns(runs, ends.map(x), left)
  // Lines that are closer than they are thick would be one block.
  const isDense = steps.length > (width - left - right) / 2
  const shape = area<readonly [number, number]>(
    ([at]) => at,
    y(0),
    ([, bytes]) => y(bytes),
  ).curve(curveStepBefore)
  const outline = line<readonly [number, number]>(
    ([at]) => at,
    ([, bytes]) => y(bytes),
  ).curve(curveStepBefore)
  // Names stand above both lines, where nothing else is: side by side if the lines are close.
  const isClose = shown && Math.abs(budgetBytes - plan.peakBytes) < 0.08 * highest
  const level = (className: string, bytes: number, text: string, side: 'start' | 'end') => [
    element('line', { class: className, x1: left, x2: width - right, y1: y(bytes), y2: y(bytes) }),
    textElement(
      'text',
      {
        class: `${className} name`,
        x: side === 'end' ? width - right - 4 : left + 4,
        y: y(isClose ? highest : bytes) - 5,
        'text-anchor': side,
      },
      text,
    ),
  ]
  const marks = [
    ...stretches(runs, ends.map(x), left).map(([from, to]) =>
      element('rect', {
        class: 'again',
        x: from,
        y: top,
        width: Math.max(0.75, to - from),
        height: height - bottom - top,
      }),
    ),
    element('path', { class: 'live', d: shape(steps) ?? '' }),
    element('path', { class: isDense ? 'outline dense' : 'outline', d: outline(steps) ?? '' }),
    ...level(
      'peak',
      plan.peakBytes,
      `needs ${formatByteSize(plan.peakBytes, 'up')}`,
      isClose ? 'start' : 'end',
    ),
    ...(shown ? level('budget', budgetBytes, `budget ${formatByteSize(budgetBytes)}`, 'end') : []),
    ...(budgetBytes === undefined || shown
      ? []
      : [
          textElement(
            'text',
            { class: 'budget name', x: left + 6, y: top + 4 },
            `↑ budget ${formatByteSize(budgetBytes)}`,
          ),
        ]),
    ...(runs.length > MOST_POINTED ? [] : pointed(runs, ends.map(x), frame)),
  ]
  const axes = {
    x: x.ticks(frame.kind === 'wide' ? 8 : 4).map(tick => ({ at: x(tick), text: tickText(tick) })),
    xLabel: byCost ? 'cost so far, in % of everything once' : 'runs so far',
    y: ticksOf([0, 1.08 * highest], 5, unit.bytes).map(tick => ({
      at: y(tick),
      text: tickText(tick / unit.bytes),
    })),
    yLabel: `${unit.name} in use`,
  }
  const name = `Memory in use while the plan is carried out, at most ${formatByteSize(plan.peakBytes, 'up')}`
  return picture(frame, name, axes, marks)
}

/**
 * Bytes by where they end. Of runs that share half of a pixel the most are shown there, and only there: finer than that nothing is seen.
 */
function columns(
  runs: readonly Run[],
  ends: readonly number[],
  left: number,
): readonly (readonly [number, number])[] {
  const steps: [number, number][] = [[left, runs[0]?.bytes ?? 0]]
  runs.forEach(({ bytes }, k) => {
    const last = steps.at(-1) as [number, number]
    const end = Math.ceil(2 * (ends[k] as number)) / 2
    if ((ends[k - 1] ?? left) < last[0]) last[1] = Math.max(last[1], bytes)
    if (end - 0.5 > last[0]) steps.push([end - 0.5, bytes])
    if (end > last[0]) steps.push([end, bytes])
  })
  return steps
}

/** Pixels from which on a run that is repeated is seen by itself. */
const WIDE = 4

/** Stretches in which steps run again, a pixel apart; narrow ones that touch are one. */
function stretches(
  runs: readonly Run[],
  ends: readonly number[],
  left: number,
): readonly (readonly [number, number])[] {
  const found: [number, number][] = []
  runs.forEach(({ again }, k) => {
    if (!again) return
    const [from, to] = [ends[k - 1] ?? left, ends[k] as number]
    const last = found.at(-1)
    const isNarrow = last === undefined || Math.min(to - from, last[1] - last[0]) < WIDE
    if (last === undefined || from - last[1] >= 0.25) found.push([from, to])
    else if (isNarrow) last[1] = to
    else found.push([from + 1, to])
  })
  return found
}

/** What runs where, for who points there. */
const pointed = (
  runs: readonly Run[],
  ends: readonly number[],
  { left, top, height, bottom }: Frame,
): readonly string[] =>
  runs.map(({ name, at, bytes, again }, k) => {
    const from = ends[k - 1] ?? left
    const text = `${k + 1} of ${runs.length}: ${name}${at === undefined ? '' : ` at ${at}`}, ${formatByteSize(bytes)}${again ? ', again' : ''}`
    return element(
      'rect',
      { class: 'pointed', x: from, y: top, width: (ends[k] as number) - from, height: height - bottom - top },
      textElement('title', {}, text),
    )
  })
