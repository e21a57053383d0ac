import * as tape from '@wengert/tape'
import { elementwise, type Plain } from '../reference/index.js'
import { call, floats, numbers } from './call.js'
import type { ConformanceCase } from './case.js'

const [lengths, row] = [[3, 5], [5]]

/** The textbook's formula of one element, broadcast from operands. */
const scalar =
  (f: (...xs: number[]) => number) =>
  (...xs: Plain[]): Plain => {
    const [first] = xs as [Plain]
    const zero = { ...first, shape: [], values: [0] }
    const shape = xs.reduce((sum, x) => elementwise('add', [sum, x]), zero).shape
    const spread = xs.map(x =>
      elementwise('add', [{ ...first, shape, values: first.values.map(() => 0) }, x]),
    )
    return {
      ...first,
      shape,
      values: first.values.map((_, k) => f(...spread.map(x => x.values[k] as number))),
    }
  }

/** Cases of the ops that are composed of others, with their options. */
export function composedCases(): ConformanceCase[] {
  return [
    ...numbers.map(dtype =>
      call('clip', {
        options: '-1, 1',
        operands: [{ dtype, shape: lengths }],
        run: x => tape.clip(x, -1, 1),
        reference: scalar(x => Math.min(Math.max(x, -1), 1)),
      }),
    ),
    ...floats.map(dtype =>
      call('lerp', {
        operands: [lengths, row, []].map(shape => ({ dtype, shape })),
        run: (x, y, t) => tape.lerp(x as tape.Tensor, y as tape.Tensor, t as tape.Tensor),
        reference: scalar((x, y, t) => (1 - (t as number)) * (x as number) + (t as number) * (y as number)),
        scale: scalar(
          (x, y, t) =>
            Math.abs((1 - (t as number)) * (x as number)) + Math.abs((t as number) * (y as number)),
        ),
        bound: [2, 2],
      }),
    ),
  ]
}
