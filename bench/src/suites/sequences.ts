import { type Tensor, transpose } from '@wengert/tape'
import { type ArraySpec, type Settings, swapped, type Task } from '../engine/index.js'
import { type Entrant, onWorkers, sharedOut } from './suite.js'

/** The same task with a sequence for each row of x, as the scheduler shares them out. */
const rowsFirst = (task: Task): Task => ({
  ...task,
  settings: { ...task.settings, rowsFirst: true },
  arrays: { ...task.arrays, x: swapped(task.arrays['x'] as ArraySpec) },
  rows: ['x'],
})

/** The entrants that share the sequences of a task out among workers. */
export const byRows = (task: Task): readonly Entrant[] => sharedOut(rowsFirst(task))

/** The entrant that shares them out between two workers. */
export const byRowsOnTwo = (task: Task): Entrant => onWorkers(rowsFirst(task), 2)

/** The inputs of a task step by step. */
export const stepsFirst = (x: Tensor, { rowsFirst }: Settings): Tensor =>
  rowsFirst ? transpose(x, [1, 0, 2]) : x
