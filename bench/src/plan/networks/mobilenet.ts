/** MobileNet (Howard et al. 2017, table 1). */
import { BATCH, type Layer, Network, type Shape } from '../layers.js'

/** Stride of each depthwise convolution, and channels of the pointwise one after it. */
const BLOCKS = [
  [1, 64],
  [2, 128],
  [1, 128],
  [2, 256],
  [1, 256],
  [2, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [2, 1024],
  [1, 1024],
] as const

/** For images of 224×224 in 1000 classes, normalisations and rectifiers as layers of their own. */
export function mobileNet(image: Shape = [224, 224, 3], classes = 1000): readonly Layer[] {
  const network = new Network(image)
  const normed = (x: number) => network.relu(network.batchNorm(x))
  let x = normed(network.conv(network.pad(BATCH), 32, { stride: 2, padding: 'valid' }))
  for (const [stride, channels] of BLOCKS) {
    const padded = stride === 2 ? network.pad(x) : x
    const padding = stride === 2 ? 'valid' : 'same'
    const depth = network.shape(x)[2]
    x = normed(network.conv(padded, depth, { stride, padding, depthwise: true }))
    x = normed(network.conv(x, channels, { size: 1 }))
  }
  x = network.dropout(network.rearrange(network.averagePool(x)))
  x = network.conv(x, classes, { size: 1 })
  network.softmax(network.rearrange(x))
  return network.layers
}
