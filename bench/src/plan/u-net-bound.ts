import { caseOf } from './cases.js'
import { chainBound } from './chain-bound.js'
import { endsOf } from './replay.js'

/** Outputs of the layers that are dear or smaller than what comes from them: the encoder's, convolutions of the decoder. */
const LAYERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 25, 30]

/** The last concatenation and its normalisation, which take the most bytes of all that is cheap. */
const WIDE = [28, 29]

/** Gradients of the decoder's convolutions, and of the concatenations below them. */
const GRADIENTS = [40, 42, 45, 47, 50, 52]

/** What gradients of normalisations are taken for: their convolutions and what these read, as far as that has no more bytes. */
const CARRIED = { 41: [30, 40], 46: [20, 25, 45], 51: [9, 20, 50] }

/** The first step of the backward of the decoder: before it everything is free. */
const FROM = 41

/**
 * A bound of the extra cost, in percent, of every schedule of a training step of U-Net (batch 32, as published) at a fraction of the way
 * from its largest working set to the peak of storing everything. Takes minutes and about 500 MB.
 */
export function uNetBound(fraction: number): number {
  const { graph } = caseOf('u-net')
  const { largestWorkingSetBytes, storeEverythingBytes } = endsOf(graph)
  const limit =
    Math.ceil((largestWorkingSetBytes + fraction * (storeEverythingBytes - largestWorkingSetBytes)) / 16) * 16
  const total = graph.steps.reduce((sum, { cost }) => sum + cost, 0)
  const known = { costUnit: total / 1e5, from: FROM, carried: CARRIED }
  // the cheapest of the backward of the encoder's convolutions
  const dear = 0.0329 * total
  const held = chainBound(graph, limit, { ...known, tracked: [...LAYERS, ...WIDE, ...GRADIENTS], dear })
  const free = chainBound(graph, limit, { ...known, tracked: [...LAYERS, ...GRADIENTS] })
  return (100 * Math.min(held, free + dear)) / total
}
