import { add, mul, sin, sub, type Tensor } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, called, inPlace, type Suite } from './suite.js'

/** Numbers that a scalar program begins with. */
const SCALARS = 8

/**
 * A program of so many operations on scalars: v = v·xᵢ + xⱼ, v = sin(v) or v − xₖ, s = s + v, over and over. Each term reaches the
 * result by itself, so that no adjoint vanishes. Arrays of rows are as many programs.
 */
const scalars: Objective = (arrays, { operations, third }) => {
  const x = Object.values(arrays)
  const input = (k: number) => x[k % x.length] as Tensor
  let v = input(0)
  let total = input(1)
  for (let k = 0; k < (operations as number); k++) {
    if (k % 4 === 0) v = mul(v, input(k / 4 + 2))
    else if (k % 4 === 1) v = add(v, input(3 * k))
    else if (k % 4 === 2) v = third === 'sin' ? sin(v) : sub(v, input(k))
    else total = add(total, v)
  }
  return total
}

/** What a scalar program is of. */
interface Scalars {
  readonly operations: number
  /** Each of them is a program. Default: there is one, of scalars. */
  readonly rows?: number | undefined
  /** Whether all but the two numbers that a program begins with are the same for every row: parameters. */
  readonly parameters?: boolean
  /** Every fourth operation. Default 'sin'. */
  readonly third?: 'sin' | 'sub'
}

/** The value of a scalar program, or with it the gradient. */
export function scalarTask(
  { operations, rows, parameters = false, third = 'sin' }: Scalars,
  derive: boolean,
): Task {
  const names = Array.from({ length: SCALARS }, (_, k) => `x${k}`)
  const shapeOf = (k: number) => (rows === undefined || (parameters && k > 1) ? [] : [rows])
  // Differences stay small where products do.
  const centre = third === 'sin' ? 1 : 0.5
  return {
    kind: 'scalars',
    settings: { operations, third },
    arrays: Object.fromEntries(
      names.map((name, k) => [name, uniform(shapeOf(k), 0.25, k + 1, { centre, dtype: 'f64' })]),
    ),
    by: derive ? names : [],
    tolerance: 1e-4,
  }
}

/** Programs of many scalar operations: their values, and how much dearer gradients are. */
export const scalar: Suite = {
  objectives: { scalars },
  contests(scale) {
    const [few, many, rows, moreRows] = scale === 'tiny' ? [21, 34, 3, 5] : [50, 5000, 1024, 16_384]
    const programs: readonly Scalars[] = [
      { operations: few },
      { operations: few, rows },
      { operations: many },
      { operations: many, rows },
      { operations: many, third: 'sub' },
      { operations: many, rows, third: 'sub' },
      { operations: many, rows: moreRows, third: 'sub' },
      { operations: many, rows, third: 'sub', parameters: true },
      { operations: many, rows: moreRows, third: 'sub', parameters: true },
    ]
    return programs.map((of): Contest => {
      const { operations, rows, parameters, third } = of
      const name = `${operations} ${third === 'sub' ? 'sums and products' : 'operations'}`
      const [value, gradient] = [scalarTask(of, false), scalarTask(of, true)]
      return {
        case: [name, ...(rows ? [`${rows} rows`] : []), ...(parameters ? ['parameters'] : [])].join(', '),
        entrants: [
          { ...inPlace(value), name: 'value, in place' },
          { ...inPlace(gradient), name: 'gradient, in place' },
          called(value, 'value, call'),
          called(gradient, 'gradient, call'),
        ],
        peers: gradient,
        per: { unit: 'operation', count: operations * (rows ?? 1) },
      }
    })
  },
}
