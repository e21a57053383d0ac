import { expect, test } from 'vitest'
import { reportTable, type TrainReport } from './report.js'

const report: TrainReport = {
  dataset: 'mnist',
  model: 'mlp',
  rows: 60_000,
  testRows: 10_000,
  parameters: 101_770,
  workers: 0,
  memoryBudgetBytes: 4 * 2 ** 30,
  peakBytes: 2 ** 32 - 12_345,
  epochs: 5,
  batch: 1024,
  seed: 1,
  optimiser: 'adam',
  arithmetic: 'fast',
  turbo: true,
  loss: 0.01,
  testAccuracy: 0.98,
  rowsPerSecond: 1_234_567,
  seconds: 12,
  fingerprint: 'f'.repeat(64),
}

test('a report fits a terminal; its fingerprint is a line of its own', () => {
  const lines = reportTable(report).split('\n')
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
  expect(lines.at(-1)).toBe(`fingerprint ${report.fingerprint}`)
})
