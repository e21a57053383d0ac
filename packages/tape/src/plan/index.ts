export * from './graph.js'
export { atLeastBytes, largestWorkingSetBytes, leastBytes, plan, planIfAny, refusalOf } from './plan.js'
export { PlanError } from './plan-error.js'
export { type Simulation, simulate } from './simulate.js'
