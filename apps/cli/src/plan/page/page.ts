import { formatByteSize } from '@wengert/tape'
import type { PlanReport } from '../report.js'
import { COST_UNIT, curveNotes, percent, RUN_UNIT } from '../words.js'
import { curveFigure } from './curve-figure.js'
import { frames } from './frame.js'
import { element, escaped, textElement } from './markup.js'
import { memoryFigure } from './memory-figure.js'
import { style } from './style.js'
import { curveTable, figuresTable, valuesTable } from './tables.js'

/** A report as one page that needs nothing else: pictures inline, no script, no network. */
export function pageOf(report: PlanReport): string {
  const { title, curve, timeline } = report
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    textElement('title', {}, `Plan: ${title}`),
    element('style', {}, style),
  )
  const body = element(
    'main',
    {},
    textElement('h1', {}, title),
    textElement('p', {}, summary(report)),
    tiles(report),
    section(
      'Memory while it runs',
      'What every run needs at once: values, scratch, and the list of runs. The dashed line is what the arena needs: above the highest moment if values leave gaps between them.',
      element('figure', {}, ...frames.map(frame => memoryFigure(report, frame)), memoryKeys(report)),
    ),
    section(
      'What fewer bytes cost',
      curve.length === 1
        ? 'No plan with fewer bytes was found than that which keeps everything.'
        : 'Every point is a plan that the simulator accepts. Left of the fewest bytes none was found.',
      element('figure', {}, ...frames.map(frame => curveFigure(report, frame))),
      element(
        'details',
        {},
        element('summary', {}, curve.length === 1 ? 'The plan' : `All ${curve.length} plans`),
        scrolled(curveTable(report)),
        ...curveNotes(report).map(note => textElement('p', { class: 'note' }, note)),
      ),
    ),
    section('Figures', `${COST_UNIT} ${RUN_UNIT}`, scrolled(figuresTable(report))),
    section(
      'The largest values',
      'From left to right, as above: when each is in memory. Inputs are given; what is dropped before its last use runs again.',
      ...(timeline.values.some(({ fate }) => fate === 'rerun') ? [valueKeys] : []),
      scrolled(valuesTable(report)),
    ),
  )
  return `<!DOCTYPE html>\n${element('html', { lang: 'en' }, head, element('body', {}, body))}\n`
}

function summary({ plan, budgetBytes }: PlanReport): string {
  const needs = formatByteSize(plan.peakBytes, 'up')
  if (plan.extraCost <= 0) {
    const within = budgetBytes === undefined ? '' : `, within ${formatByteSize(budgetBytes)}`
    return `Everything is kept: it needs ${needs}${within}, and nothing runs again.`
  }
  return `Within ${formatByteSize(budgetBytes ?? plan.peakBytes)} it needs ${needs} instead of ${formatByteSize(plan.keptBytes, 'up')}, and costs ${percent(plan.extraCostPercent)} more.`
}

function tiles({ plan, budgetBytes }: PlanReport): string {
  const shown = [
    ...(budgetBytes === undefined ? [] : [['budget', formatByteSize(budgetBytes)] as const]),
    ['needs', formatByteSize(plan.peakBytes, 'up')],
    ['extra cost', `+${percent(plan.extraCostPercent)}`],
    ['everything kept', formatByteSize(plan.keptBytes, 'up')],
    ['smallest budget', formatByteSize(plan.leastBytes, 'up')],
  ] as const
  return element(
    'dl',
    { class: 'tiles' },
    ...shown.map(([name, value]) =>
      element('div', {}, textElement('dt', {}, name), textElement('dd', {}, value)),
    ),
  )
}

const key = (kind: string, text: string): string => `${element('span', { class: `key ${kind}` }, '')}${text}`

const valueKeys = element(
  'p',
  { class: 'note' },
  key('first', 'computed first'),
  key('rerun', 'computed again'),
)

function memoryKeys({ plan, loops }: PlanReport): string {
  return element(
    'figcaption',
    {},
    key('live', 'in use'),
    ...(plan.reruns > 0 ? [key('again', 'run again')] : []),
    ...(loops.length > 0 ? ['. What loops compute again is inside their runs.'] : []),
  )
}

const section = (name: string, note: string, ...content: readonly string[]): string =>
  element(
    'section',
    {},
    textElement('h2', {}, name),
    element('p', { class: 'note' }, escaped(note)),
    ...content,
  )

/** Wide tables scroll in themselves, not the page. */
const scrolled = (table: string): string => element('div', { class: 'scroll', tabindex: '0' }, table)
