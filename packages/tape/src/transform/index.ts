export type { SparsityPattern } from './colouring.js'
export type { RunOptions } from './engine.js'
export { type EvaluationTrace, evaluationTrace } from './evaluation-trace.js'
export { type AvalsOf, againWithLines, type Transformed } from './explained.js'
export {
  type GradientOf,
  type GradOptions,
  grad,
  type LossOf,
  type Reduction,
  type ValueAndGradient,
  valueAndGrad,
  type WithAuxiliary,
} from './grad.js'
export { hessian, hvp, jacfwd, jacobian, jacrev } from './jacobian.js'
export { jvp, type ValueAndTangent } from './jvp.js'
export { linearize, type ValueAndPushforward } from './linearize.js'
export { type RowCounting, rowCounting } from './row-count.js'
export { type RowMixing, rowMixing } from './rows.js'
export { type SparseMatrix, sparseJacobian } from './sparse-jacobian.js'
export { jit, type RecordOptions } from './transformed.js'
export { type ValueAndPullback, vjp } from './vjp.js'
export { type InAxis, type VmapOptions, vmap } from './vmap.js'
