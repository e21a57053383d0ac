export { type Host, host } from './host.js'
export type { BenchRow, SuiteOptions } from './row.js'
export { runSuite, type SuiteName, suiteNames } from './suites.js'
export { type Numbers, type WorkedExample, workedExamples } from './worked-examples.js'
