import { formatByteSize } from '@wengert/tape'
import type { CurvePoint } from './curve.js'
import type { PlanReport } from './report.js'

/** Percent for people: `9.2 %`, or `< 0.1 %` for what is more than nothing. */
export const percent = (value: number): string =>
  value > 0 && value < 0.05 ? '< 0.1 %' : `${value.toFixed(value < 99.95 ? 1 : 0)} %`

/** Cost for people, in the largest unit that leaves a number from 1. */
function cost(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T']
  const unit = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** unit
  return `${Number(scaled.toPrecision(scaled < 1000 ? 3 : 4))}${units[unit]}FLOP`.replace(
    /^(\S+)FLOP/,
    '$1 FLOP',
  )
}

/** What the unit of cost is; for the terminal and for the page. */
export const COST_UNIT = 'Cost is in FLOP equivalents, which compare plans; it is no time.'

/** What a run is; for the terminal and for the page. */
export const RUN_UNIT = 'A run is of a node, of instructions fused into one kernel, or of a whole loop.'

/** What the rows of a curve leave open, a sentence each; for the terminal and for the page. */
export function curveNotes({ curve, loops }: Pick<PlanReport, 'curve' | 'loops'>): readonly string[] {
  if (!curve.some(({ reruns }) => reruns > 0)) return []
  const isOther = curve.some(({ reruns, extraCost }) => reruns === 0 && extraCost > 0)
  return [
    ...(isOther
      ? ['A row that costs more with 0 run again moves values, or is of a program with other kernels.']
      : []),
    ...(loops.length > 0
      ? ['Steps that loops run again are inside of their runs, and not counted here.']
      : []),
  ]
}

/** The figures of a plan, each with its name; for the terminal and for the page. */
export function figureRows({ plan, budgetBytes, loops }: PlanReport): readonly (readonly [string, string])[] {
  const { lowerBoundBytes, leastExtraCostPercent, gapPercent } = plan
  return [
    ...(budgetBytes === undefined ? [] : [['budget', bytes(budgetBytes)] as const]),
    ['needs', needed(plan.peakBytes)],
    ['everything kept would need', needed(plan.keptBytes)],
    ['smallest budget with a plan', needed(plan.leastBytes)],
    ...(lowerBoundBytes === undefined ? [] : [['no plan needs less than', needed(lowerBoundBytes)] as const]),
    ['cost of everything once', cost(plan.cost)],
    ['extra cost', `${cost(plan.extraCost)} (+${percent(plan.extraCostPercent)})`],
    ...(leastExtraCostPercent === undefined || gapPercent === undefined
      ? []
      : [
          ['no plan adds less than', percent(leastExtraCostPercent)] as const,
          ['whole cost above that bound', percent(gapPercent)] as const,
        ]),
    ['extra share of the whole cost', percent(100 * plan.recomputedShare)],
    ['runs', plan.reruns === 0 ? `${plan.runs}` : `${plan.runs}, ${plan.reruns} of them again`],
    ...(plan.movedBytes === 0 ? [] : [['moved to make room', bytes(plan.movedBytes)] as const]),
    ...(plan.spilledBytes === 0 ? [] : [['beside it, in the store', bytes(plan.spilledBytes)] as const]),
    ...loops.map(
      ({ steps, every, spilled, snapshots }) =>
        [
          `loop of ${steps} steps`,
          `keeps ${Math.ceil(steps / every)} states${spilled ? ' in the store' : ''}${snapshots > 0 ? `, and up to ${snapshots} more while it goes back` : ''}`,
        ] as const,
    ),
  ]
}

/**
 * The plans of a curve, for the terminal and for the page; without the column of steps that run again where none do, as in loops, and
 * without that of the store where nothing is in it.
 */
export function curveCells(curve: readonly CurvePoint[]): {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
} {
  const counts = curve.some(({ reruns }) => reruns > 0)
  const spills = curve.some(({ spilledBytes }) => spilledBytes > 0)
  return {
    head: [
      'needs',
      'bytes',
      'cost',
      'extra cost',
      ...(counts ? ['run again'] : []),
      ...(spills ? ['in the store'] : []),
    ],
    rows: curve.map(point => [
      formatByteSize(point.peakBytes, 'up'),
      `${point.peakBytes}`,
      cost(point.cost + point.extraCost),
      `+${percent(point.extraCostPercent)}`,
      ...(counts ? [`${point.reruns}`] : []),
      ...(spills ? [formatByteSize(point.spilledBytes)] : []),
    ]),
  }
}

const bytes = (count: number): string => `${formatByteSize(count)} (${count} bytes)`

/** Of bytes that are needed, so that a budget of the rounded size does, too. */
const needed = (count: number): string => `${formatByteSize(count, 'up')} (${count} bytes)`
