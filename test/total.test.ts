import { expect, test } from 'vitest'
import { sum, total } from '../scripts/total.mjs'

const file = (status: string, assertions: number) => ({
  status,
  assertionResults: Array.from({ length: assertions }, () => ({})),
})
const report = (numPassedTests: number, numFailedTests = 0, rest = {}) => ({
  testResults: [file(numFailedTests > 0 ? 'failed' : 'passed', numPassedTests + numFailedTests)],
  numPassedTests,
  numFailedTests,
  numPendingTests: 0,
  numTodoTests: 0,
  ...rest,
})

test('a green run', () => {
  expect(sum(report(5), 0)).toEqual({ passed: 5, failed: 0, skipped: 0 })
  expect(sum(report(5, 0, { numPendingTests: 1, numTodoTests: 2 }), 0)).toEqual({
    passed: 5,
    failed: 0,
    skipped: 3,
  })
})

test('a failed test counts once', () => {
  expect(sum(report(5, 2), 1)).toEqual({ passed: 5, failed: 2, skipped: 0 })
})

test('a file that failed to load counts', () => {
  const testResults = [file('failed', 0), file('passed', 5)]
  expect(sum(report(5, 0, { testResults }), 1)).toEqual({ passed: 5, failed: 1, skipped: 0 })
})

test('an error outside the tests counts', () => {
  expect(sum(report(5), 1)).toEqual({ passed: 5, failed: 1, skipped: 0 })
})

test('a run without a report, or without tests, fails', () => {
  expect(sum(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  expect(sum(report(0), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('the closing line', () => {
  const checks = { passed: 6, failed: 0 }
  expect(total(checks, { passed: 5, failed: 0, skipped: 0 })).toEqual({
    line: '11 passed, 0 failed',
    code: 0,
  })
  expect(total(checks, { passed: 5, failed: 1, skipped: 2 })).toEqual({
    line: '11 passed, 1 failed, 2 skipped',
    code: 1,
  })
  expect(total({ passed: 5, failed: 1 }, { passed: 5, failed: 0, skipped: 0 }).code).toBe(1)
})
