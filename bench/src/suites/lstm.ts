import { lstmCell } from '@wengert/nn'
import { add, div, scan, square, sum, type Tensor, zeros } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { byRows, byRowsOnTwo, stepsFirst } from './sequences.js'
import { budgets, type Contest, inArena, type Suite, within } from './suite.js'

type State = { readonly h: Tensor; readonly c: Tensor; readonly total: Tensor }

/** The mean of all squared outputs, a number a row, so that each step has a cotangent of its own. */
const memory: Objective = ({ x, wx, wh, b }, settings) => {
  const xs = stepsFirst(x as Tensor, settings)
  const [steps, rows] = xs.shape as [number, number]
  const units = (wh as Tensor).shape[0] as number
  const cell = { wx: wx as Tensor, wh: wh as Tensor, b: b as Tensor }
  const [{ total }] = scan(
    (state: State, input: Tensor) => {
      const { h, c } = lstmCell(cell, state, input)
      return [{ h, c, total: add(state.total, sum(square(h), { axis: 1 })) }, null]
    },
    { h: zeros([rows, units]), c: zeros([rows, units]), total: zeros([rows]) } as State,
    xs,
  )
  return div(total, steps * units)
}

interface Sizes {
  readonly rows: number
  readonly inputs: number
  readonly units: number
}

const FULL: Sizes = { rows: 32, inputs: 128, units: 128 }
const TINY: Sizes = { rows: 2, inputs: 3, units: 4 }

/** An LSTM over so many steps; gates i, f, g, o. */
export function lstmTask(steps: number, { rows, inputs, units }: Sizes = FULL): Task {
  const limit = 1 / Math.sqrt(units)
  return {
    kind: 'lstm',
    settings: {},
    arrays: {
      x: uniform([steps, rows, inputs], 1, 1),
      wx: uniform([inputs, 4 * units], limit, 2),
      wh: uniform([units, 4 * units], limit, 3),
      b: uniform([4 * units], limit, 4),
    },
    by: ['wx', 'wh', 'b'],
    tolerance: 1e-3,
  }
}

/** The gradient of an LSTM: with all the memory it likes, in 64 MiB, and in parts of its memory. */
export const lstm: Suite = {
  objectives: { lstm: memory },
  contests(scale) {
    const lengths = scale === 'tiny' ? [6] : [256, 2048]
    const plain = lengths.map((steps): Contest => {
      const task = scale === 'tiny' ? lstmTask(steps, TINY) : lstmTask(steps)
      const entrants = [inArena(task), ...byRows(task)] as const
      if (steps < 2048) return { case: `T = ${steps}`, entrants, peers: task }
      const few = [inArena(task), byRowsOnTwo(task)].map(entrant => within(entrant, 64))
      return { case: `T = ${steps}`, entrants: [...entrants, ...few], peers: task }
    })
    // Few inputs, since those are there whatever the budget.
    const shares = lengths.map((steps): Contest => {
      const task = scale === 'tiny' ? lstmTask(steps, TINY) : lstmTask(steps, { ...FULL, inputs: 8 })
      return {
        case: `T = ${steps}, budgets`,
        entrants: [inArena(task, 'no budget'), ...budgets(task)],
        peers: null,
      }
    })
    return [...plain, ...shares]
  },
}
