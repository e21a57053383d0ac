import { conv2d, type Tensor, vjp } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, inPlace, type Suite } from './suite.js'

/** The convolution, or the cotangent of its images or its filter from that of its result. */
const convolution: Objective = ({ x, w, ct }, { of }) => {
  const [images, filter] = [x as Tensor, w as Tensor]
  if (of === 'value') return conv2d(images, filter)
  if (of === 'x') return vjp(one => conv2d(one, filter), images).pullback(ct as Tensor)[0]
  return vjp(one => conv2d(images, one), filter).pullback(ct as Tensor)[0]
}

interface Sizes {
  readonly n: number
  readonly size: number
  readonly window: number
  readonly channels: readonly [number, number]
}

const SIZES: readonly Sizes[] = [
  { n: 32, size: 34, window: 3, channels: [16, 32] },
  { n: 32, size: 34, window: 3, channels: [32, 32] },
  { n: 16, size: 18, window: 3, channels: [64, 64] },
  { n: 128, size: 28, window: 5, channels: [1, 8] },
  { n: 128, size: 12, window: 5, channels: [8, 16] },
]
const TINY: readonly Sizes[] = [{ n: 2, size: 5, window: 3, channels: [2, 3] }]

/** Convolutions and both of their adjoints. */
export const conv: Suite = {
  objectives: { convolution },
  contests: scale =>
    (scale === 'tiny' ? TINY : SIZES).flatMap(({ n, size, window, channels: [c, o] }) => {
      const out = size - window + 1
      return (['value', 'x', 'w'] as const).map((of): Contest => {
        const task: Task = {
          kind: 'convolution',
          settings: { of },
          arrays: {
            x: uniform([n, size, size, c], 1, 1),
            w: uniform([window, window, c, o], 1, 2),
            ct: uniform([n, out, out, o], 1, 3),
          },
          by: [],
          tolerance: 1e-4,
        }
        const name = of === 'value' ? 'value' : `adjoint of ${of}`
        return {
          case: `${window}×${window}, ${c}→${o}, ${name}`,
          entrants: [inPlace(task, { yardstick: 'matmul' })],
          peers: task,
          flops: 2 * n * out * out * window * window * c * o,
        }
      })
    }),
}
