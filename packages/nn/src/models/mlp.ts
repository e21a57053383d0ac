import {
  callerLocation,
  checkArgument,
  checkFunction,
  checkOptions,
  checkTensor,
  OptionError,
  relu,
  shown,
  type Tensor,
} from '@wengert/tape'
import { type DenseParams, dense, initDense } from '../layers/index.js'
import type { Model } from './model.js'

/** Shape of a multilayer perceptron. */
export interface MlpOptions {
  /** Length of the input, of each hidden layer, and of the output. */
  readonly sizes: readonly number[]
  /** What stands between the layers. Default: relu. */
  readonly activation?: (x: Tensor) => Tensor
}

/** Parameters of a multilayer perceptron, a pair a layer. */
export type MlpParams = readonly DenseParams[]

/**
 * A multilayer perceptron: dense layers with an activation between them and none at the end.
 *
 * @throws OptionError unless there are two sizes or more, all of them whole numbers above 0.
 * @example
 * const { init, apply } = mlp({ sizes: [3, 8, 2] })
 * apply(init(7), tensor([[1, 2, 3]])).shape // → [1, 2]
 */
export function mlp(options: MlpOptions): Model<MlpParams> {
  const { sizes, activation = relu } = checkOptions('mlp', options, ['sizes', 'activation'])
  if (
    !Array.isArray(sizes) ||
    sizes.length < 2 ||
    !Array.from(sizes).every(size => Number.isInteger(size) && size > 0)
  ) {
    throw new OptionError({
      summary: `mlp: \`sizes\` are ${shown(sizes)}.`,
      expected: 'two or more whole numbers above 0: input, hidden layers, output',
      at: callerLocation(),
      data: { option: 'sizes' },
    })
  }
  checkFunction('mlp', activation, 'the activation')
  const last = sizes.length - 2
  return {
    init(seed, given = {}) {
      const { dtype = 'f32' } = checkOptions('init', given, ['dtype'])
      return sizes
        .slice(0, -1)
        .map((inputs, layer) =>
          initDense(
            { inputs, outputs: sizes[layer + 1] as number },
            { seed, stream: layer, dtype, weights: layer < last ? 'he' : 'glorot' },
          ),
        )
    },
    apply(params, x) {
      const layers = sizes.length - 1
      const fits = Array.isArray(params) && params.length === layers
      checkArgument('apply', 'what comes first', params, fits, `parameters: a list of ${layers}, as of init`)
      checkTensor('apply', 'x', x)
      return params.reduce(
        (out, layer, k) => (k < last ? activation(dense(layer, out)) : dense(layer, out)),
        x,
      )
    },
  }
}
