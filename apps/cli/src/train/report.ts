import { createHash } from 'node:crypto'
import { parameterBytes } from '@wengert/nn'
import { formatByteSize } from '@wengert/tape'
import { table } from '../terminal/index.js'
import type { Params } from './model.js'

/** What a training run came to; with `--json` the last line of standard output. */
export interface TrainReport {
  readonly dataset: string
  readonly model: string
  /** Rows learnt from, and rows tested with. */
  readonly rows: number
  readonly testRows: number
  readonly parameters: number
  readonly workers: number
  readonly memoryBudgetBytes: number
  readonly peakBytes: number
  readonly epochs: number
  readonly batch: number
  readonly seed: number
  readonly optimiser: string
  readonly arithmetic: string
  /** Whether V8's re-vectoriser is on. */
  readonly turbo: boolean
  /** Mean loss over the rows of the last epoch. */
  readonly loss: number
  readonly testAccuracy: number
  readonly rowsPerSecond: number
  readonly seconds: number
  readonly fingerprint: string
}

/** SHA-256 of the bytes of all parameters, in the order of their names. */
export const fingerprint = (params: Params): string =>
  createHash('sha256').update(parameterBytes(params)).digest('hex')

/** A report for people: a table, and the fingerprint below it, which is as long as a line. */
export function reportTable(report: TrainReport): string {
  const rows = [
    ['test accuracy', `${(100 * report.testAccuracy).toFixed(2)} % of ${report.testRows} rows`],
    ['rows per second', `${Math.round(report.rowsPerSecond)}`],
    ['workers', report.workers === 0 ? '0 (this thread)' : `${report.workers}`],
    ['budget', `${formatByteSize(report.memoryBudgetBytes)} (${report.memoryBudgetBytes} bytes)`],
    ['measured peak', `${formatByteSize(report.peakBytes)} (${report.peakBytes} bytes)`],
    ...(report.turbo ? [['re-vectoriser', 'on']] : []),
  ]
  return `${table(rows)}\nfingerprint ${report.fingerprint}`
}
