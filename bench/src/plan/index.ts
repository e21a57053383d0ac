export { type CaseName, caseNames, meanNames } from './cases.js'
export { type PlannerName, type PlanOptions, type PlanRow, planSuite } from './suite.js'
export { uNetBound } from './u-net-bound.js'
