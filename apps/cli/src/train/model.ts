import { type CnnParams, cnn, type MlpParams, type Model, mlp } from '@wengert/nn'
import { OptionError } from '@wengert/tape'
import type { TrainSettings } from './settings.js'

/** Parameters of whatever model was chosen. */
export type Params = MlpParams | CnnParams

/** The rows a model is for. */
interface Rows {
  /** Of the dataset. */
  readonly name: string
  readonly features: number
  readonly classes: number
}

/**
 * The chosen model in the size of a dataset.
 *
 * @throws {@link OptionError} for a cnn and rows that are no square images.
 */
export function modelFor(
  { model, hidden }: Pick<TrainSettings, 'model' | 'hidden'>,
  { name, features, classes }: Rows,
): Model<Params> {
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
