export { type AdamOptions, adam } from './adam.js'
export {
  elementwiseOptimiser,
  type Optimiser,
  type OptimiserRule,
  type OptimiserState,
  type Stepped,
  type Updated,
} from './optimiser.js'
export { inPieces, type PiecesOptions, type PiecewiseOptimiser } from './pieces.js'
export { type SgdOptions, sgd } from './sgd.js'
