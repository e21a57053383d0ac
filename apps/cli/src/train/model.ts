import { type CnnParams, cnn, type MlpParams, type Model, mlp } from '@wengert/nn'
import { OptionError } from '@wengert/tape'
import type { Dataset } from '../dataset/index.js'
import type { TrainSettings } from './settings.js'

/** Parameters of whatever model was chosen. */
export type Params = MlpParams | CnnParams

/**
 * The chosen model in the size of a dataset.
 *
 * @throws {@link OptionError} for a cnn and rows that are no square images.
 */
export function modelFor({ model, hidden }: TrainSettings, { name, x, classes }: Dataset): Model<Params> {
  const features = x.shape[1] as number
  if (model === 'mlp') return mlp({ sizes: [features, ...hidden, classes] }) as Model<Params>
  const side = Math.sqrt(features)
  if (Number.isInteger(side)) return cnn({ image: [side, side, 1], classes }) as Model<Params>
  throw new OptionError({
    summary: `--model cnn reads square images, but a row of ${name} has ${features} features.`,
    expected: `a square number of features, such as ${Math.ceil(side) ** 2}`,
    fix: '--model mlp reads rows of any length',
    data: { option: '--model' },
  })
}
