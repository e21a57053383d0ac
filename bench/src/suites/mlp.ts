import { crossEntropy, dense } from '@wengert/nn'
import { relu, type Tensor } from '@wengert/tape'
import { labels, type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, type Suite, sharedOut } from './suite.js'

const perceptron: Objective = arrays => {
  const { x, y } = arrays
  const layers = [1, 2, 3].map(k => ({ w: arrays[`w${k}`] as Tensor, b: arrays[`b${k}`] as Tensor }))
  const out = layers.reduce((v, layer, k) => (k < 2 ? relu(dense(layer, v)) : dense(layer, v)), x as Tensor)
  return crossEntropy(out, y as Tensor)
}

/** A perceptron of three layers. */
export function mlpTask(batch: number, sizes: readonly number[] = [784, 256, 256, 10]): Task {
  const weights = [1, 2, 3].flatMap(k => {
    const [from, to] = [sizes[k - 1] as number, sizes[k] as number]
    return [
      [`w${k}`, uniform([from, to], Math.sqrt(6 / from), k)],
      [`b${k}`, uniform([to], 0.1, k + 3)],
    ] as const
  })
  return {
    kind: 'mlp',
    settings: {},
    arrays: {
      x: uniform([batch, sizes[0] as number], 1, 7),
      y: labels(batch, sizes[3] as number, 8),
      ...Object.fromEntries(weights),
    },
    by: weights.map(([name]) => name),
    rows: ['x', 'y'],
    tolerance: 1e-3,
  }
}

/** The gradient of the 784-256-256-10 perceptron. */
export const mlp: Suite = {
  objectives: { mlp: perceptron },
  contests: scale =>
    (scale === 'tiny' ? [6] : [128, 1024, 8192]).map((batch): Contest => {
      const task = scale === 'tiny' ? mlpTask(batch, [5, 4, 3, 2]) : mlpTask(batch)
      return { case: `batch ${batch}`, entrants: sharedOut(task), peers: task }
    }),
}
