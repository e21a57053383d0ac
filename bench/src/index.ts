export { type Host, host } from './host.js'
export { variantNotes } from './legend.js'
export {
  type CaseName,
  caseNames,
  meanNames,
  type PlannerName,
  type PlanOptions,
  type PlanRow,
  planSuite,
  uNetBound,
} from './plan/index.js'
export type { BenchProgress, BenchRow, SuiteOptions } from './row.js'
export { runSuite } from './run-suite.js'
export { type Scale, type SuiteName, suiteNames } from './suites/index.js'
export { type Numbers, type WorkedExample, workedExamples } from './worked-examples.js'
