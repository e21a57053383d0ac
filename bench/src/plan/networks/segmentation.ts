/**
 * Networks that classify each pixel, at 416×608 in 19 classes as in Jain et al. 2020: U-Net (Ronneberger et al. 2015)
 * and FCN-8 (Long et al. 2015) on the convolutions of VGG-16, and SegNet (Badrinarayanan et al. 2017) on five
 * convolutions. Padding is a layer of its own where the reference implementations have it so.
 */
import { BATCH, type Layer, Network, type Shape } from '../layers.js'
import { vggBlocks } from './vgg.js'

const IMAGE: Shape = [416, 608, 3]
const CLASSES = 19

/** Classes of each pixel as rows. */
function classify(network: Network, scores: number): readonly Layer[] {
  network.softmax(network.rearrange(scores))
  return network.layers
}

const paddedConv = (network: Network, x: number, channels: number) =>
  network.batchNorm(network.conv(network.pad(x), channels, { padding: 'valid' }))

/** Up again from the last block, with what the blocks before it gave beside. */
export function uNet(blocks = 4, image = IMAGE, classes = CLASSES): readonly Layer[] {
  const network = new Network(image)
  const [deepest, ...skips] = vggBlocks(network, 16, blocks).toReversed() as [number, ...number[]]
  let x = paddedConv(network, deepest, network.shape(deepest)[2])
  for (const skip of skips) {
    x = paddedConv(network, network.concat(network.upsample(x), skip), network.shape(skip)[2])
  }
  return classify(network, network.conv(x, classes))
}

/** Scores at 1/32, 1/16 and 1/8 of the resolution, added up and enlarged. */
export function fcn8(image = IMAGE, classes = CLASSES): readonly Layer[] {
  const network = new Network(image)
  const [, , third, fourth, fifth] = vggBlocks(network, 16, 5) as [number, number, number, number, number]
  let x = network.dropout(network.conv(fifth, 4096, { size: 7, relu: true }))
  x = network.dropout(network.conv(x, 4096, { size: 1, relu: true }))
  x = network.conv(x, classes, { size: 1 })
  for (const skip of [fourth, third]) {
    const scores = network.conv(skip, classes, { size: 1 })
    const larger = network.transposedConv(x, classes, 4, 2)
    // its width and its height are two layers
    x = network.add(network.crop(network.crop(larger, scores), scores), scores)
  }
  return classify(network, network.transposedConv(x, classes, 16, 8))
}

/** Four blocks down, four up, nothing beside. */
export function segNet(image = IMAGE, classes = CLASSES): readonly Layer[] {
  const network = new Network(image)
  let x = BATCH
  for (const channels of [64, 128, 256, 256]) {
    x = network.maxPool(network.relu(paddedConv(network, x, channels)))
  }
  x = paddedConv(network, x, 512)
  for (const channels of [256, 128, 64]) x = paddedConv(network, network.upsample(x), channels)
  return classify(network, network.conv(x, classes))
}
