/** An LSTM (Hochreiter & Schmidhuber 1997; Gers et al. 2000) unrolled over time, classified at its end. */
import { type Layer, Network } from '../layers.js'

/** Each step is the gates, the cell and the hidden state; the first one starts from zeros. */
export function lstm(length: number, { features = 128, hidden = 128, classes = 10 } = {}): readonly Layer[] {
  const network = new Network([1, 1, features])
  let state: readonly [cell: number, hidden: number] | undefined
  for (let t = 0; t < length; t++) {
    const [cellBefore, hiddenBefore] = state ?? []
    const before = (layer: number | undefined) => (layer === undefined ? [] : [layer])
    const gates = network.layer(
      before(hiddenBefore),
      [1, 1, 4 * hidden],
      2 * (features + hidden) * 4 * hidden,
      'both',
    )
    const cell = network.layer([gates, ...before(cellBefore)], [1, 1, hidden], 3 * hidden, 'inputs')
    // h = o·tanh c
    state = [cell, network.layer([gates, cell], [1, 1, hidden], 8 * hidden, 'inputs')]
  }
  if (state !== undefined) network.softmax(network.dense(state[1], classes))
  return network.layers
}
