import { convolution, crossEntropy, dense } from '@wengert/nn'
import { maxPool2d, relu, reshape, type Tensor } from '@wengert/tape'
import { labels, type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Suite, sharedOut } from './suite.js'

const network: Objective = arrays => {
  const layer = (k: number) => ({ w: arrays[`w${k}`] as Tensor, b: arrays[`b${k}`] as Tensor })
  const { x, y } = arrays
  const features = [1, 2].reduce((v, k) => maxPool2d(relu(convolution(layer(k), v)), 2), x as Tensor)
  const rows = features.shape[0] as number
  return crossEntropy(dense(layer(3), reshape(features, [rows, features.size / rows])), y as Tensor)
}

function cnnTask(batch: number, size: number, [c1, c2]: readonly [number, number]): Task {
  const left = ((size - 4) / 2 - 4) / 2
  const length = left * left * c2
  const arrays = {
    w1: uniform([5, 5, 1, c1], 0.4, 1),
    b1: uniform([c1], 0.1, 2),
    w2: uniform([5, 5, c1, c2], 0.15, 3),
    b2: uniform([c2], 0.1, 4),
    w3: uniform([length, 10], 0.15, 5),
    b3: uniform([10], 0.1, 6),
  }
  return {
    kind: 'cnn',
    settings: {},
    arrays: { x: uniform([batch, size, size, 1], 1, 7), y: labels(batch, 10, 8), ...arrays },
    by: Object.keys(arrays),
    rows: ['x', 'y'],
    tolerance: 1e-3,
  }
}

/** The gradient of a convolutional network: 5×5×8, pooling, 5×5×16, pooling, dense. */
export const cnn: Suite = {
  objectives: { cnn: network },
  contests(scale) {
    const task = scale === 'tiny' ? cnnTask(2, 16, [1, 2]) : cnnTask(128, 28, [8, 16])
    return [
      {
        case: `batch ${scale === 'tiny' ? 2 : 128}`,
        entrants: sharedOut(task),
        peers: task,
      },
    ]
  },
}
