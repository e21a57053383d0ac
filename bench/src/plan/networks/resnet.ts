/** ResNet-50 (He et al. 2016, table 1), blocks of 1×1, 3×3 and 1×1 convolutions around a shortcut. */
import { BATCH, type Layer, Network, type Shape } from '../layers.js'

/** Of a stage; the shortcut has four times the channels. */
type Stage = readonly [innerChannels: number, blocks: number, firstStride: number]

const RESNET_50: readonly Stage[] = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
]

/** For images of 224×224 in 1000 classes, normalisations and rectifiers as layers of their own, the softmax not. */
export function resNet(
  stages: readonly Stage[] = RESNET_50,
  image: Shape = [224, 224, 3],
  classes = 1000,
): readonly Layer[] {
  const network = new Network(image)
  const normed = (x: number) => network.relu(network.batchNorm(x))
  const first = network.conv(network.pad(BATCH, 3), 64, { size: 7, stride: 2, padding: 'valid' })
  let x = network.maxPool(network.pad(normed(first)), 3, 2)
  for (const [channels, blocks, firstStride] of stages) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? firstStride : 1
      let y = normed(network.conv(x, channels, { size: 1, stride }))
      y = normed(network.conv(y, channels))
      const projected = block === 0 ? network.conv(x, 4 * channels, { size: 1, stride }) : x
      y = network.conv(y, 4 * channels, { size: 1 })
      const shortcut = block === 0 ? network.batchNorm(projected) : x
      x = network.relu(network.add(network.batchNorm(y), shortcut))
    }
  }
  network.dense(network.averagePool(x), classes)
  return network.layers
}
