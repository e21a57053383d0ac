import pc from 'picocolors'
import { expect, test } from 'vitest'
import { pageOf } from './page/index.js'
import { reportOf } from './report.js'
import { modelSubject } from './subject.js'
import { tellReport } from './tell.js'

test('the terminal and the page have every plan of the curve', () => {
  const report = reportOf(modelSubject('lstm', { hidden: [16], batch: 8, steps: 64 }), undefined)
  const told: string[] = []
  tellReport(report, { tell: text => void told.push(text), colours: pc.createColors(false), end: () => {} })
  const bytes = report.curve.map(({ peakBytes }) => `${peakBytes}`)
  expect(bytes.length).toBeGreaterThan(12)
  const rowsOf = (text: string, row: RegExp) => Array.from(text.matchAll(row), ([, cell]) => cell)
  expect(rowsOf(told.join('\n'), /^│ \S+ \w+ +│ +(\d+) │/gm)).toEqual(bytes)
  const page = pageOf(report)
  expect(page).toContain(`All ${bytes.length} plans`)
  expect(rowsOf(page, /<tr><td>[\d.]+ \w+<\/td><td>(\d+)<\/td>/g)).toEqual(bytes)
})
