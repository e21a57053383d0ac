import {
  callerLocation,
  checkArgument,
  checkOptions,
  checkTensor,
  maxPool2d,
  OptionError,
  relu,
  reshape,
  type Tensor,
  tensor,
} from '@wengert/tape'
import { checkCounts } from '../arguments.js'
import {
  type ConvolutionParams,
  convolution,
  type DenseParams,
  dense,
  flatRows,
  initDense,
} from '../layers/index.js'
import { heUniform } from '../random/index.js'
import type { Model } from './model.js'

/** Shape of a convolutional network. */
export interface CnnOptions {
  /** Height, width and channels of an image. Default [28, 28, 1]. */
  readonly image?: readonly [number, number, number]
  /** Channels after each convolution. Default [8, 16]. */
  readonly channels?: readonly number[]
  /** Rows and columns of each filter. Default 5. */
  readonly window?: number
  /** Length of the output. Default 10. */
  readonly classes?: number
}

/** Parameters of a convolutional network. */
export type CnnParams = {
  readonly convolutions: readonly ConvolutionParams[]
  readonly head: DenseParams
}

/**
 * A convolutional network: for each entry of `channels` a convolution, relu and max pooling by 2; then a dense layer.
 *
 * @throws OptionError if an image is too small for the convolutions.
 * @example
 * const { init, apply } = cnn({ image: [12, 12, 1], channels: [2], classes: 3 })
 * apply(init(7), tensor(new Float32Array(288), { shape: [2, 144] })).shape // → [2, 3]
 */
export function cnn(options: CnnOptions = {}): Model<CnnParams> {
  const {
    image = [28, 28, 1],
    channels = [8, 16],
    window = 5,
    classes = 10,
  } = checkOptions('cnn', options, ['image', 'channels', 'window', 'classes'])
  checkCounts('cnn', '`image`', image, 3)
  checkCounts('cnn', '`channels`', channels)
  checkCounts('cnn', '`window` and `classes`', [window, classes])
  const [height, width, depth] = image
  const shrink = (length: number) => channels.reduce(so => Math.floor((so - window + 1) / 2), length)
  const [rows, columns] = [shrink(height), shrink(width)]
  if (!(rows > 0 && columns > 0)) {
    throw new OptionError({
      summary: `cnn: an image of ${height}×${width} is too small for ${channels.length} convolutions by ${window}×${window}.`,
      expected: 'at least one pixel after the last pooling',
      at: callerLocation(),
      data: { option: 'image' },
    })
  }
  const depths = [depth, ...channels]
  const length = rows * columns * (depths.at(-1) as number)
  return {
    init(seed, given = {}) {
      const { dtype = 'f32' } = checkOptions('init', given, ['dtype'])
      return {
        convolutions: channels.map((out, stream) => ({
          w: heUniform([window, window, depths[stream] as number, out], { seed, stream, dtype }),
          b: tensor(new Float32Array(out), { dtype }),
        })),
        head: initDense({ inputs: length, outputs: classes }, { seed, stream: channels.length, dtype }),
      }
    },
    apply(params, x: Tensor) {
      const { convolutions, head } = (params ?? {}) as CnnParams
      const fits = Array.isArray(convolutions) && convolutions.length === channels.length
      checkArgument(
        'apply',
        'what comes first',
        params,
        fits,
        'parameters { convolutions, head }, as of init',
      )
      checkTensor('apply', 'x', x)
      const images = reshape(x, [x.shape[0] ?? 1, height, width, depth])
      const features = convolutions.reduce(
        (out, layer) => maxPool2d(relu(convolution(layer, out)), 2),
        images,
      )
      return dense(head, flatRows(features))
    },
  }
}
