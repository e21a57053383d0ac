export { type EvaluationTrace, evaluationTrace } from './evaluation-trace.js'
export {
  type GradientOf,
  type GradOptions,
  grad,
  type Reduction,
  type ValueAndGradient,
  valueAndGrad,
} from './grad.js'
export { hessian, hvp, jacfwd, jacobian, jacrev } from './jacobian.js'
export { jvp, type ValueAndTangent } from './jvp.js'
export { rowMixing } from './rows.js'
export { simplify } from './simplify.js'
export { jit, type RunOptions } from './transformed.js'
export { type ValueAndPullback, vjp } from './vjp.js'
export { type InAxis, type VmapOptions, vmap } from './vmap.js'
