import { add, erf, exp, log, mul, sigmoid, square, sub, sum, type Tensor, tanh } from '@wengert/tape'
import { type ArraySpec, type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, called, inPlace, type Suite } from './suite.js'

const functions = { exp, tanh, log, sigmoid, erf } as const
const names = Object.keys(functions) as (keyof typeof functions)[]

const map: Objective = ({ x }, { op }) => functions[op as keyof typeof functions](x as Tensor)

/** k operations, ((x/2 + 1)² − 1/4)/2 + 1 …, which keep −1 … 1 bounded. */
const chain: Objective = ({ x }, { k }) => {
  const steps = [
    (v: Tensor) => mul(v, 0.5),
    (v: Tensor) => add(v, 1),
    square,
    (v: Tensor) => sub(v, 0.25),
  ] as const
  let out = x as Tensor
  for (let step = 0; step < (k as number); step++) out = (steps[step % 4] as (typeof steps)[0])(out)
  return out
}

const layer: Objective = ({ x, w, b }) => tanh(add(mul(x as Tensor, w as Tensor), b as Tensor))

const total: Objective = ({ x }) => sum(x as Tensor)

const COLUMNS = 256

/** Operations on each of a million elements. */
export const elementwise: Suite = {
  objectives: { map, chain, layer, sum: total },
  contests(scale) {
    const count = scale === 'tiny' ? 2 * COLUMNS : 2 ** 20
    // Above 0, for the logarithm.
    const x = uniform([count], 0.9, 1, { centre: 1 })
    const contest = (
      name: string,
      kind: string,
      settings: Task['settings'],
      arrays: Readonly<Record<string, ArraySpec>> = { x },
    ): Contest => {
      const task: Task = { kind, settings, arrays, by: [], tolerance: 1e-4 }
      return {
        case: name,
        entrants: [inPlace(task), called(task)],
        peers: task,
        per: { unit: 'element', count },
      }
    }
    const rows = {
      x: uniform([count / COLUMNS, COLUMNS], 1, 1),
      w: uniform([COLUMNS], 1, 2),
      b: uniform([COLUMNS], 1, 3),
    }
    return [
      ...names.map(op => contest(op, 'map', { op })),
      ...[1, 2, 4, 8].map(k => contest(`chain of ${k}`, 'chain', { k }, { x: uniform([count], 1, 1) })),
      contest('tanh(x·w + b)', 'layer', {}, rows),
      contest('sum', 'sum', {}),
    ]
  },
}
