import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { formatAval, formatByteSize } from '../program/index.js'
import type { ExplainedCheckpoint, ExplainedLoop, ExplainedValue, Explanation } from './explanation.js'

/** Lines of values that are written unless it is said otherwise. */
const MOST = 20

/**
 * Writes an explanation as text: the totals, the values with the most bytes, a line each, and the loops. Costs are in FLOP
 * equivalents, as in {@link Explanation}; how much more work a budget makes is `(cost + extraCost) / ampleCost - 1`.
 *
 * @param most number of values; the others are one line together.
 * @throws {@link OptionError} for anything else than an explanation.
 * @example
 * const { program } = record(x => matmul(x, x).sum(), tensor([[1, 2], [3, 4]]))
 * formatExplanation(explain(program)).split('\n').length // → 5
 */
export function formatExplanation(explanation: Explanation, most = MOST): string {
  checkExplanation(explanation)
  const { values, loops, checkpoints } = explanation
  const sorted = values.toSorted((a, b) => b.bytes - a.bytes)
  const rows = sorted.slice(0, most).map(rowOf)
  const rest = sorted.slice(most)
  const restBytes = rest.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    ...headOf(explanation),
    ...aligned(rows),
    ...(rest.length > 0 ? [`and ${rest.length} smaller ones, ${formatByteSize(restBytes)} together`] : []),
    ...loops.map(loopLine),
    ...checkpoints.map(checkpointLine),
  ].join('\n')
}

function checkExplanation(explanation: unknown): asserts explanation is Explanation {
  const { values, loops, checkpoints, totals } = Object(explanation) as Partial<Explanation>
  if ([values, loops, checkpoints].every(Array.isArray) && totals) return
  throw new OptionError({
    summary: `formatExplanation: what it takes is ${shown(explanation)}, not an explanation.`,
    expected: 'what `explain` gives',
    at: callerLocation(),
    data: { option: 'explanation' },
  })
}

function headOf({
  budgetBytes,
  peakBytes,
  cost,
  extraCost,
  ampleCost,
  totals,
  values,
}: Explanation): string[] {
  const within = budgetBytes === undefined ? 'without a budget' : `of ${formatByteSize(budgetBytes)}`
  const whole = cost + extraCost
  const again = ampleCost > 0 ? 100 * (whole / ampleCost - 1) : 0
  const work = `${figure(Math.abs(again))} % ${again < 0 ? 'less' : 'more'} work`
  const than =
    budgetBytes === undefined ? '' : ` than without a budget (${flop(whole)} against ${flop(ampleCost)})`
  const { keptBytes, rerunBytes, briefBytes, runs, reruns } = totals
  return [
    `peak ${formatByteSize(peakBytes)} ${within}; ${values.length} values, ${runs} runs and ${reruns} again, ${work}${than}`,
    `kept ${formatByteSize(keptBytes)}, run again ${formatByteSize(rerunBytes)}, brief ${formatByteSize(briefBytes)}`,
  ]
}

const rowOf = ({ value, op, aval, name, at, bytes, cost, fate, reruns, extraCost }: ExplainedValue) => [
  `%${value}`,
  formatAval(aval),
  name === undefined ? op : `${op} '${name}'`,
  formatByteSize(bytes),
  cost > 0 ? `cost ${flop(cost)}` : '',
  fate === 'rerun' ? `run again ${reruns}×${extraCost > 0 ? ` for ${flop(extraCost)}` : ''}` : fate,
  at ?? '',
]

/** Columns of one width, the spaces at the ends of lines left out. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map(row => (row[k] as string).length)))
  return rows.map(row =>
    row
      .map((cell, k) => cell.padEnd(widths[k] as number))
      .join('  ')
      .trimEnd(),
  )
}

const checkpointLine = ({ at, depth, repeated, cost }: ExplainedCheckpoint): string =>
  `${'  '.repeat(depth)}checkpoint: ${repeated} of its instructions again in its derivative, which costs ${flop(cost)}${at === undefined ? '' : `  ${at}`}`

function loopLine(loop: ExplainedLoop): string {
  const { op, at, depth, length } = loop
  const steps = length === undefined ? 'steps while its condition holds' : `${length} steps`
  return `${'  '.repeat(depth)}${op}: ${steps}, ${keptOf(loop)}${at === undefined ? '' : `  ${at}`}`
}

/** What a loop keeps: states, and rows of what its steps leave. */
function keptOf({ op, stateBytes, keptStates, every = 1, spilled, rowBytes = 0 }: ExplainedLoop): string {
  const each = `${formatByteSize(stateBytes)} each`
  if (op === 'revolve' || (op === 'rewind' && spilled)) {
    return `${keptStates} snapshots of ${each} in stretches of ${every}${spilled ? ' from the store' : ''}`
  }
  const rows = `${formatByteSize(rowBytes)} of results and residuals kept`
  if (op === 'while' && spilled) return `states of ${each} in the store, ${keptStates} more kept at most`
  if (keptStates === 0) return rowBytes > 0 ? rows : 'no states kept'
  return [
    `${keptStates} states of ${each} kept${op === 'while' ? ' at most' : ''}`,
    ...(every > 1 ? [`every ${every}`] : []),
    ...(spilled ? ['in the store'] : []),
    ...(rowBytes > 0 ? [`and ${rows}`] : []),
  ].join(', ')
}

/** Three digits. */
const figure = (value: number): string => `${Number(value.toPrecision(3))}`

/** A cost in FLOP equivalents, with the power of a thousand that it needs. */
function flop(cost: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P']
  let [unit, rest] = [0, cost]
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return `${figure(rest)} ${units[unit]}FLOP`
}
