import { cnnModel } from './cnn.js'
import { lstmModel } from './lstm.js'
import { mlpModel } from './mlp.js'
import type { PlannedModel } from './model.js'
import { transformerModel } from './transformer.js'

export { type ModelOptions, optionNames } from './model.js'

/** Models by name. */
export const models = {
  mlp: mlpModel,
  cnn: cnnModel,
  lstm: lstmModel,
  transformer: transformerModel,
} as const satisfies Readonly<Record<string, PlannedModel>>

/** Name of one of {@link models}. */
export type ModelName = keyof typeof models

/** Names of {@link models}. */
export const modelNames = Object.keys(models) as readonly ModelName[]
