/**
 * A decoder of `blocks` blocks with normalisation first (Vaswani et al. 2017; sizes of the smallest GPT-2: width 768,
 * 12 heads), over embedded tokens, with a linear layer to the vocabulary.
 */
import { BATCH, type Layer, Network } from '../layers.js'

/** For sequences of `length` tokens. */
export function transformer(
  blocks = 12,
  { length = 512, width = 768, heads = 12, vocabulary = 32_000 } = {},
): readonly Layer[] {
  const network = new Network([1, length, width])
  const tokens = [1, length, width] as const
  const scores = [heads, length, length] as const
  const linear = (x: number, units: number) => network.conv(x, units, { size: 1 })
  const norm = (x: number) => network.layer([x], tokens, 8 * length * width, 'inputs')
  const product = 2 * length * length * width
  let x = network.rearrange(BATCH)
  for (let block = 0; block < blocks; block++) {
    const queriesKeysValues = linear(norm(x), 3 * width)
    const weights = network.softmax(network.layer([queriesKeysValues], scores, product, 'inputs'))
    const mixed = network.layer([weights, queriesKeysValues], tokens, product, 'inputs')
    x = network.add(x, linear(mixed, width))
    const inner = linear(norm(x), 4 * width)
    const gelu = network.layer([inner], network.shape(inner), 12 * 4 * length * width, 'inputs')
    x = network.add(x, linear(gelu, width))
  }
  network.softmax(linear(norm(x), vocabulary))
  return network.layers
}
