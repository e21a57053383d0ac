/**
 * Counts the report of vitest's JSON reporter. A file that failed to load has no tests and counts as one failure;
 * so does a run that exited with an error which no test shows, and a run in which nothing ran.
 */
export function sum(report, exitCode) {
  const files = report?.testResults ?? []
  const unloaded = files.filter(file => file.status === 'failed' && file.assertionResults.length === 0)
  const passed = report?.numPassedTests ?? 0
  const failed = (report?.numFailedTests ?? 0) + unloaded.length
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  const hidden = failed === 0 && (exitCode !== 0 || passed === 0)
  return { passed, failed: failed + (hidden ? 1 : 0), skipped }
}

/** The closing line over the static checks and the tests, and the exit code it stands for. */
export function total(checks, tests) {
  const passed = checks.passed + tests.passed
  const failed = checks.failed + tests.failed
  const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''
  return { line: `${passed} passed, ${failed} failed${skipped}`, code: failed > 0 ? 1 : 0 }
}
