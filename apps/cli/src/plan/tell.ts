import { formatByteSize } from '@wengert/tape'
import { type Answer, table } from '../terminal/index.js'
import { BUDGET_MARK, chartOf, costAxisOf } from './chart.js'
import type { CurvePoint } from './curve.js'
import type { PlanReport } from './report.js'
import { unitOf } from './scale.js'
import { COST_UNIT, curveCells, curveNotes, figureRows, RUN_UNIT } from './words.js'

/** Tells a report: figures, the curve, and its points. */
export function tellReport(report: PlanReport, { tell, colours: { bold, dim } }: Answer): void {
  tell(table(figureRows(report)))
  tell(dim(COST_UNIT))
  tell(dim(RUN_UNIT))
  const { curve, budgetBytes } = report
  const last = curve.at(-1) as CurvePoint
  if (curve.length === 1) {
    const every = `Every budget from ${formatByteSize(last.peakBytes, 'up')} on keeps everything`
    tell(`${every}; no plan with fewer bytes was found.`)
    return
  }
  const mark = budgetBytes === undefined ? '' : `; ${BUDGET_MARK} is the budget`
  tell(bold('What fewer bytes cost'))
  const scale = costAxisOf(curve).isLogarithmic ? ', logarithmic,' : ''
  tell(dim(`extra cost in %${scale} against ${unitOf(last.peakBytes).name}${mark}`))
  tell(chartOf(curve, budgetBytes))
  tell(pointsTable(curve, budgetBytes))
  for (const note of curveNotes(report)) tell(dim(note))
}

function pointsTable(points: readonly CurvePoint[], budgetBytes: number | undefined): string {
  const best = points.findLast(({ peakBytes }) => peakBytes <= (budgetBytes ?? 0))
  const { head, rows } = curveCells(points)
  const marked = rows.map((row, k) => [...row, ...(best ? [points[k] === best ? '◀' : ''] : [])])
  return table(marked, best ? [...head, 'budget'] : head, head.slice(1))
}
