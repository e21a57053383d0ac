export { type CaseName, caseNames } from './cases.js'
export { FRACTIONS, type PlannerName, type PlanOptions, type PlanRow, planSuite } from './suite.js'
