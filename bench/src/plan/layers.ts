/**
 * Networks as tables of layers, and what each layer costs. A multiply-add is two FLOP, and so is any other operation that
 * Jain et al. 2020 count in their published graphs: four a number that is normalised, one a number of each operand that
 * is added, one a number that passes a rectifier or softmax or is repeated, and of a transposed convolution one for each
 * channel and number of its output. Pooling, and layers that only move numbers, count nothing there, and one FLOP a
 * number here, so that running them again is never free. Sizes are of one example.
 */

/** One layer of a network. */
export interface Layer {
  /** Layers it reads; none: the batch. */
  readonly inputs: readonly number[]
  /** Numbers it gives. */
  readonly elements: number
  readonly flops: number
  /** Of its own inputs and output, what its pullback reads. */
  readonly reads: Reads
}

/** Which of a layer's values are residuals. */
export type Reads = 'inputs' | 'output' | 'both' | 'nothing'

/** Height, width and channels. */
export type Shape = readonly [height: number, width: number, channels: number]

/** The batch, as a layer that others read. */
export const BATCH = -1

/** How a convolution is done. */
export interface Convolution {
  /** Side of the filter. Default 3. */
  readonly size?: number
  readonly stride?: number
  /** Default `'same'`. */
  readonly padding?: 'same' | 'valid'
  /** Fuses a rectifier, whose pullback reads the output. */
  readonly relu?: boolean
  /** Each channel by itself (Howard et al. 2017). */
  readonly depthwise?: boolean
}

/** Adds layers in order; each method gives the number of the layer it added. */
export class Network {
  readonly layers: Layer[] = []
  readonly #shapes: Shape[] = []
  readonly #image: Shape

  constructor(image: Shape) {
    this.#image = image
  }

  shape(layer: number): Shape {
    return layer === BATCH ? this.#image : this.#shapes[layer]!
  }

  conv(from: number, channels: number, options: Convolution = {}): number {
    const { size = 3, stride = 1, padding = 'same', relu = false, depthwise = false } = options
    const [height, width, depth] = this.shape(from)
    const side = (length: number) => Math.ceil((padding === 'same' ? length : length - size + 1) / stride)
    const shape: Shape = [side(height), side(width), channels]
    const taps = size * size * (depthwise ? 1 : depth)
    return this.layer([from], shape, 2 * taps * numbers(shape), relu ? 'both' : 'inputs')
  }

  /** Each number spreads a filter over the output, which is `stride` times as large. */
  transposedConv(from: number, channels: number, size: number, stride: number): number {
    const [height, width] = this.shape(from)
    // valid padding, as the reference implementation has it
    const shape: Shape = [(height - 1) * stride + size, (width - 1) * stride + size, channels]
    return this.layer([from], shape, 2 * this.shape(from)[2] * numbers(shape), 'inputs')
  }

  dense(from: number, units: number, { relu = false } = {}): number {
    const shape: Shape = [1, 1, units]
    return this.layer([from], shape, 2 * numbers(this.shape(from)) * units, relu ? 'both' : 'inputs')
  }

  /** The largest of every square; its pullback looks for it again. */
  maxPool(from: number, size = 2, stride = size): number {
    const [height, width, channels] = this.shape(from)
    const side = (length: number) => Math.floor((length - size) / stride) + 1
    const shape: Shape = [side(height), side(width), channels]
    return this.layer([from], shape, numbers(shape), 'both')
  }

  averagePool(from: number): number {
    const shape: Shape = [1, 1, this.shape(from)[2]]
    return this.layer([from], shape, numbers(shape), 'nothing')
  }

  batchNorm(from: number): number {
    return this.#map(from, 8, 'inputs')
  }

  relu(from: number): number {
    return this.#map(from, 2, 'output')
  }

  softmax(from: number): number {
    return this.#map(from, 2, 'output')
  }

  /** Its mask is drawn again from a key and a counter. */
  dropout(from: number): number {
    return this.#map(from, 1, 'nothing')
  }

  /** Another arrangement of the same numbers, written out. */
  rearrange(from: number): number {
    return this.#map(from, 1, 'nothing')
  }

  /** Zeros around, `border` on each side. */
  pad(from: number, border = 1): number {
    const [height, width, channels] = this.shape(from)
    const shape: Shape = [height + 2 * border, width + 2 * border, channels]
    return this.layer([from], shape, numbers(shape), 'nothing')
  }

  /** Every pixel `factor` times in both directions. */
  upsample(from: number, factor = 2): number {
    const [height, width, channels] = this.shape(from)
    const shape: Shape = [height * factor, width * factor, channels]
    return this.layer([from], shape, 2 * numbers(shape), 'nothing')
  }

  /** The upper left part, as large as another layer. */
  crop(from: number, like: number): number {
    const [height, width] = this.shape(like)
    const shape: Shape = [height, width, this.shape(from)[2]]
    return this.layer([from], shape, numbers(shape), 'nothing')
  }

  concat(first: number, second: number): number {
    const [height, width, channels] = this.shape(first)
    const shape: Shape = [height, width, channels + this.shape(second)[2]]
    return this.layer([first, second], shape, numbers(shape), 'nothing')
  }

  add(first: number, second: number): number {
    return this.layer([first, second], this.shape(first), 4 * numbers(this.shape(first)), 'nothing')
  }

  #map(from: number, flopsEach: number, reads: Reads): number {
    const shape = this.shape(from)
    return this.layer([from], shape, flopsEach * numbers(shape), reads)
  }

  /** Any other layer. */
  layer(inputs: readonly number[], shape: Shape, flops: number, reads: Reads): number {
    this.#shapes.push(shape)
    const real = inputs.filter(input => input !== BATCH)
    return this.layers.push({ inputs: real, elements: numbers(shape), flops, reads }) - 1
  }
}

const numbers = ([height, width, channels]: Shape) => height * width * channels
