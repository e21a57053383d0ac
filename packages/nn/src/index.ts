/**
 * Layers, losses, optimisers and data: pure functions over tensors.
 *
 * @module @wengert/nn
 */
export * from './data/index.js'
export * from './files/index.js'
export * from './layers/index.js'
export * from './losses/index.js'
export * from './models/index.js'
export * from './optimise/index.js'
export {
  glorotUniform,
  heUniform,
  type InitialiseOptions,
  permutationOf,
  type RandomOptions,
  randomWords,
  uniformWeights,
} from './random/index.js'
export {
  type Learnt,
  type TrainEpoch,
  type TrainEvent,
  type Trained,
  type TrainOptions,
  type TrainPlace,
  type TrainStep,
  train,
} from './train.js'
