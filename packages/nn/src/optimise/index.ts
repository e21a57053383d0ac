export { type AdamOptions, adam } from './adam.js'
export {
  elementwiseOptimiser,
  type Optimiser,
  type OptimiserRule,
  type Stepped,
  type Updated,
} from './optimiser.js'
export { inPieces, PIECES_BYTES, type PiecesOptions, type PiecewiseOptimiser } from './pieces.js'
export { type SgdOptions, sgd } from './sgd.js'
export type { OptimiserState } from './state.js'
