export {
  type GradientOf,
  type GradOptions,
  grad,
  type Reduction,
  type ValueAndGradient,
  valueAndGrad,
} from './grad.js'
export { simplify } from './simplify.js'
export { jit, type RunOptions } from './transformed.js'
