import type { Task } from '../engine/index.js'
import { lstmTask } from './lstm.js'
import { mlpTask } from './mlp.js'
import { scalarTask } from './scalar.js'
import { type Contest, called, type Suite } from './suite.js'

/** From recording to the first result, each time in a new process. */
export const startup: Suite = {
  objectives: {},
  contests(scale) {
    const tiny = scale === 'tiny'
    const contest = (name: string, task: Task): Contest => ({
      case: name,
      entrants: [called(task)],
      peers: task,
      cold: true,
    })
    const [batch, steps, operations] = tiny ? [2, 3, 9] : [128, 2048, 5000]
    return [
      contest(`mlp, batch ${batch}`, tiny ? mlpTask(batch, [4, 3, 3, 2]) : mlpTask(batch)),
      contest(
        `lstm, T = ${steps}`,
        tiny ? lstmTask(steps, { rows: 1, inputs: 2, units: 2 }) : lstmTask(steps),
      ),
      contest(`${operations} scalar operations`, scalarTask({ operations }, false)),
    ]
  },
}
