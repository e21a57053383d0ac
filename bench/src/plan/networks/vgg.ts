/** VGG (Simonyan & Zisserman 2015, table 1, columns D and E), and its convolutions as an encoder. */
import { BATCH, type Layer, Network, type Shape } from '../layers.js'

/** Convolutions of each block, all 3×3 with a rectifier; a pooling by 2 ends each block. */
const DEPTHS = { 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const
const CHANNELS = [64, 128, 256, 512, 512]

/** The first blocks; gives the pooled output of each. */
export function vggBlocks(network: Network, depth: 16 | 19, blocks: number): readonly number[] {
  let x = BATCH
  return CHANNELS.slice(0, blocks).map((channels, block) => {
    for (let k = 0; k < DEPTHS[depth][block]!; k++) x = network.conv(x, channels, { relu: true })
    x = network.maxPool(x)
    return x
  })
}

/** For images of 224×224 in 1000 classes, the softmax being part of the last layer. */
export function vgg(depth: 16 | 19, image: Shape = [224, 224, 3], classes = 1000): readonly Layer[] {
  const network = new Network(image)
  const pooled = vggBlocks(network, depth, 5).at(-1)!
  let x = network.rearrange(pooled)
  x = network.dense(x, 4096, { relu: true })
  x = network.dense(x, 4096, { relu: true })
  network.dense(x, classes)
  return network.layers
}
