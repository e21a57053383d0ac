export { type ArgExtremeSpec, argExtreme } from './arg.js'
export { isReducible, type ReduceFusedSpec, reduceFused } from './fused.js'
export { type ReduceSpec, reduce } from './reduce.js'
export type { ReduceKind } from './reduction.js'
