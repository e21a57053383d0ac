import {
  callerLocation,
  checkOptions,
  checkTensor,
  formatAval,
  ShapeError,
  slice,
  type Tensor,
} from '@wengert/tape'
import { checkInitialise, type InitialiseOptions, uniformWeights } from '../random/index.js'

/** Sizes of a recurrent cell. */
export interface CellSizes {
  /** Features of the input. */
  readonly inputs: number
  /** Features of the state. */
  readonly units: number
}

/** Weights of so many gates side by side, uniform within ±1 / √units: [inputs, gates·units] and [units, gates·units]. */
export function gateWeights(
  owner: string,
  sizes: CellSizes,
  gates: number,
  options: InitialiseOptions,
): { wx: Tensor; wh: Tensor } {
  const { inputs, units } = checkOptions(owner, sizes, ['inputs', 'units'])
  // One draw for both, so that a cell takes up a single stream.
  const both = uniformWeights(
    [inputs + units, gates * units],
    1 / Math.sqrt(units),
    checkInitialise(owner, options),
  )
  return { wx: slice(both, [0], [inputs]), wh: slice(both, [inputs]) }
}

/** @throws ShapeError unless weights, biases, state and input fit for so many gates. */
export function checkCell(
  cell: string,
  gates: number,
  { wx, wh, biases }: { wx: Tensor; wh: Tensor; biases: readonly Tensor[] },
  states: readonly Tensor[],
  x: Tensor,
): void {
  checkTensor(cell, 'x', x)
  for (const state of states) checkTensor(cell, 'the state', state)
  const [inputs, units] = [x.shape[1], states[0]?.shape[1] as number]
  const fits =
    [x, ...states].every(({ rank, shape }) => rank === 2 && shape[0] === x.shape[0]) &&
    states.every(({ shape }) => shape[1] === units) &&
    wx.shape.join() === `${inputs},${gates * units}` &&
    wh.shape.join() === `${units},${gates * units}` &&
    biases.every(({ shape }) => shape.join() === `${gates * units}`)
  if (fits) return
  const list = (tensors: readonly Tensor[]) => tensors.map(({ aval }) => formatAval(aval)).join(', ')
  const wide = gates === 1 ? 'units' : `${gates}·units`
  throw new ShapeError({
    summary: `${cell}: weights ${list([wx, wh])}, biases ${list(biases)}, state ${list(states)} and x ${list([x])} do not fit.`,
    expected: `weights [inputs, ${wide}] and [units, ${wide}], biases [${wide}], states [rows, units], x [rows, inputs]`,
    at: callerLocation(),
  })
}
