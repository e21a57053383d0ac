export * from './graph.js'
export { largestWorkingSetBytes, leastBytes, plan } from './plan.js'
export { PlanError } from './plan-error.js'
export { type Simulation, simulate } from './simulate.js'
