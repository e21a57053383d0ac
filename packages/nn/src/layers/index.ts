export { type AttentionOptions, attention, type MaskOptions } from './attention.js'
export {
  type BatchNormed,
  type BatchNormOptions,
  type BatchStatistics,
  batchNorm,
  batchNormEvaluate,
  initBatchStatistics,
} from './batch-norm.js'
export { type ConvolutionParams, convolution } from './convolution.js'
export { type DenseOptions, type DenseParams, type DenseSizes, dense, initDense } from './dense.js'
export { dropout } from './dropout.js'
export { type ElmanOptions, type ElmanParams, elmanCell, initElman } from './elman.js'
export { type EmbeddingParams, type EmbeddingSizes, embedding, initEmbedding } from './embedding.js'
export { type GruParams, gruCell, initGru } from './gru.js'
export { initLstm, type LstmParams, type LstmState, lstmCell } from './lstm.js'
export {
  initMultiHeadAttention,
  type MultiHeadAttentionOptions,
  type MultiHeadAttentionParams,
  multiHeadAttention,
} from './multi-head-attention.js'
export { type GroupNormOptions, groupNorm, layerNorm, rmsNorm } from './norm.js'
export {
  type ConstantOptions,
  initNorm,
  initRmsNorm,
  type NormOptions,
  type NormParams,
  type RmsNormParams,
} from './norm-params.js'
export type { CellSizes } from './recurrent-params.js'
export { flatRows, globalAverage } from './shape.js'
