export * from './graph.js'
export {
  atLeastBytes,
  largestWorkingSetBytes,
  leastBytes,
  lowerBoundBytes,
  plan,
  planIfAny,
  refusalOf,
} from './plan.js'
export { PlanError } from './plan-error.js'
export { type Simulation, simulate } from './simulate.js'
