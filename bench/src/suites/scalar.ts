import { add, mul, sin, sub, type Tensor } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, called, inPlace, type Suite } from './suite.js'

/** Numbers that a scalar program begins with. */
const SCALARS = 8

/**
 * A program of so many operations on scalars: v = sin(v·xᵢ + xⱼ), s = s + v, over and over, with v − xₖ in the place of the sine
 * if it is of arithmetic alone. Each term reaches the result by itself, so that no adjoint vanishes. Arrays of rows are as many
 * programs.
 */
const scalars: Objective = (arrays, { operations, arithmetic }) => {
  const x = Object.values(arrays)
  const input = (k: number) => x[k % x.length] as Tensor
  let v = input(0)
  let total = input(1)
  for (let k = 0; k < (operations as number); k++) {
    if (k % 4 === 0) v = mul(v, input(k / 4 + 2))
    else if (k % 4 === 1) v = add(v, input(3 * k))
    else if (k % 4 === 2) v = arithmetic ? sub(v, input(k)) : sin(v)
    else total = add(total, v)
  }
  return total
}

/** A scalar program; with rows, each of them a program. */
export function scalarTask(operations: number, rows: number | null, derive: boolean): Task {
  const names = Array.from({ length: SCALARS }, (_, k) => `x${k}`)
  const shape = rows === null ? [] : [rows]
  return {
    kind: 'scalars',
    settings: { operations },
    arrays: Object.fromEntries(
      names.map((name, k) => [name, uniform(shape, 0.25, k + 1, { centre: 1, dtype: 'f64' })]),
    ),
    by: derive ? names : [],
    tolerance: 1e-4,
  }
}

/** Programs of many scalar operations: their values, and how much dearer gradients are. */
export const scalar: Suite = {
  objectives: { scalars },
  contests(scale) {
    const lengths = scale === 'tiny' ? [21, 34] : [50, 5000]
    const many = scale === 'tiny' ? 3 : 1024
    return lengths.flatMap(operations =>
      [null, many].map((rows): Contest => {
        const [value, gradient] = [false, true].map(derive => scalarTask(operations, rows, derive)) as [
          Task,
          Task,
        ]
        return {
          case: `${operations} operations${rows === null ? '' : `, ${rows} rows`}`,
          entrants: [
            { ...inPlace(value), name: 'value' },
            { ...inPlace(gradient), name: 'value and gradient' },
            called(value, 'value, call'),
            called(gradient, 'gradient, call'),
          ],
          peers: gradient,
          per: { unit: 'operation', count: operations * (rows ?? 1) },
        }
      }),
    )
  },
}
