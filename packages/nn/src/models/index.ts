export { parameterBytes } from './bytes.js'
export { type CnnOptions, type CnnParams, cnn } from './cnn.js'
export { type MlpOptions, type MlpParams, mlp } from './mlp.js'
export type { Model, ModelOptions } from './model.js'
