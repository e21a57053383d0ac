import { elmanCell } from '@wengert/nn'
import { add, div, scan, square, sum, type Tensor, zeros } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { byRows, stepsFirst } from './sequences.js'
import { type Contest, inArena, type Suite } from './suite.js'

/** The mean of all squared outputs, a number a row, so that each step has a cotangent of its own. */
const elman: Objective = ({ x, wx, wh, b }, settings) => {
  const xs = stepsFirst(x as Tensor, settings)
  const [steps, rows] = xs.shape as [number, number]
  const units = (b as Tensor).size
  const cell = { wx: wx as Tensor, wh: wh as Tensor, b: b as Tensor }
  const [{ total }] = scan(
    (state: { h: Tensor; total: Tensor }, input: Tensor) => {
      const h = elmanCell(cell, state.h, input)
      return [{ h, total: add(state.total, sum(square(h), { axis: 1 })) }, null]
    },
    { h: zeros([rows, units]), total: zeros([rows]) },
    xs,
  )
  return div(total, steps * units)
}

interface Sizes {
  readonly steps: number
  readonly rows: number
  readonly inputs: number
  readonly units: number
}

function rnnTask({ steps, rows, inputs, units }: Sizes): Task {
  const limit = 1 / Math.sqrt(units)
  return {
    kind: 'rnn',
    settings: {},
    arrays: {
      x: uniform([steps, rows, inputs], 1, 1),
      wx: uniform([inputs, units], limit, 2),
      wh: uniform([units, units], limit, 3),
      b: uniform([units], limit, 4),
    },
    by: ['wx', 'wh', 'b'],
    tolerance: 1e-3,
  }
}

/** The gradient of Elman's network. */
export const rnn: Suite = {
  objectives: { rnn: elman },
  contests: scale =>
    (scale === 'tiny' ? [5] : [256, 2048]).map((steps): Contest => {
      const sizes =
        scale === 'tiny' ? { rows: 2, inputs: 3, units: 4 } : { rows: 32, inputs: 128, units: 128 }
      const task = rnnTask({ steps, ...sizes })
      return { case: `T = ${steps}`, entrants: [inArena(task), ...byRows(task)], peers: task }
    }),
}
