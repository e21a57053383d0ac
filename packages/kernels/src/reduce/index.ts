export { type ArgExtremeSpec, argExtreme } from './arg.js'
export { type ReduceSpec, reduce } from './reduce.js'
export type { ReduceKind } from './reduction.js'
