import { formatByteSize } from '@wengert/tape'
import type { PlanReport } from '../report.js'
import type { ValueLife } from '../timeline.js'
import { curveCells, figureRows } from '../words.js'
import { element, escaped, textElement } from './markup.js'
import { strip } from './strip.js'

/** The figures of a plan. */
export const figuresTable = (report: PlanReport): string =>
  element(
    'table',
    { class: 'figures' },
    element(
      'tbody',
      {},
      ...figureRows(report).map(([name, value]) =>
        element('tr', {}, textElement('th', { scope: 'row' }, name), textElement('td', {}, value)),
      ),
    ),
  )

/** Every plan of the curve. */
export function curveTable({ curve }: PlanReport): string {
  const { head, rows } = curveCells(curve)
  return withHead(
    head,
    rows.map(row => row.map(escaped)),
    'points',
  )
}

/** The largest values, and when they are there. */
export function valuesTable({ timeline: { values, totalCost } }: PlanReport): string {
  const lined = values.some(({ at }) => at !== undefined)
  return withHead(
    ['value', 'bytes', 'what happens', ...(lined ? ['line'] : []), 'when it is there'],
    values.map(value => [
      textElement('code', {}, value.name),
      escaped(formatByteSize(value.bytes)),
      escaped(fate(value)),
      ...(lined ? [textElement('code', {}, value.at ?? '')] : []),
      strip(value, totalCost),
    ]),
    'values',
  )
}

function fate({ fate, runs }: ValueLife): string {
  if (fate === 'brief') return 'used once'
  if (fate !== 'rerun') return fate
  return `dropped, ${runs === 2 ? 'run again' : `run again ${runs - 1} times`}`
}

const withHead = (head: readonly string[], rows: readonly (readonly string[])[], className: string): string =>
  element(
    'table',
    { class: className },
    element('thead', {}, element('tr', {}, ...head.map(name => textElement('th', { scope: 'col' }, name)))),
    element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map(cell => element('td', {}, cell))))),
  )
