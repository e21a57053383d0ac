import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import type { TensorFunction } from '../gradcheck.js'
import { elementwise, type Plain } from '../reference/index.js'
import { type Bound, EXACT, elementwiseBounds } from './bounds.js'
import { type ConformanceCase, written } from './case.js'

/** The functions of the table by name. */
const functions = tape as unknown as Readonly<Record<string, TensorFunction>>

/** Lengths that leave every remainder of a vector of 2 or 4 lanes, and shapes that stress indexing. */
export const unaryShapes = [[], [0], [1], [3], [5], [17], [3, 0], [3, 5], [2, 3, 5]]

/** Pairs that broadcast in every way. */
export const pairShapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[3], []],
  [[], [5]],
  [[17], [17]],
  [[1], [5]],
  [
    [3, 1],
    [1, 5],
  ],
  [[5, 17], [17]],
  [
    [3, 1],
    [3, 5],
  ],
  [
    [2, 1, 3],
    [5, 1],
  ],
  [[0], [1]],
  [
    [3, 0],
    [1, 1],
  ],
]

/** Cases of all elementwise ops, from the facts their declarations give. */
export function elementwiseCases(): ConformanceCase[] {
  return [...tape.elementwiseFacts].flatMap(
    ([op, { arity, dtypes, differentiable, domain = [-2, 2] as const }]) => {
      const bound = elementwiseBounds[op]
      if (!bound) throw new Error(`There is no error bound for ${op}.`)
      const shapes = arity === 1 ? unaryShapes.map(shape => [shape]) : pairShapes
      return (dtypes as DType[]).flatMap(dtype =>
        shapes.map(own => {
          const operands = own.map(shape => ({ dtype, shape }))
          return {
            op,
            name: `${op}(${written(operands)})`,
            operands,
            run: functions[op] as TensorFunction,
            reference: (...inputs: Plain[]) => elementwise(op, inputs),
            bound: dtype === 'i32' ? EXACT : bound,
            domain,
            differentiable: dtype === 'f64' && differentiable,
            elementwise: true,
          }
        }),
      )
    },
  )
}

/** Numbers at which functions end, break or change sign. */
export const specials: Readonly<Record<DType, readonly number[]>> = {
  f32: [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    2 ** -149,
    -(2 ** -126),
    2 ** 127,
    -(2 ** 127),
    0.5,
    300,
    -300,
  ],
  f64: [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    2 ** -1074,
    -(2 ** -1022),
    2 ** 1023,
    -(2 ** 1023),
    0.5,
    2e3,
    -2e3,
  ],
  i32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65536, -65537],
  bool: [0, 1],
}

/** Special values through every elementwise op; signs of zeros count. */
export function specialCases(): ConformanceCase[] {
  return [...tape.elementwiseFacts].flatMap(([op, { arity, dtypes }]) =>
    (dtypes as DType[]).map(dtype => {
      const { length } = specials[dtype]
      const operands = arity === 1 ? [[length]] : [[length, 1], [length]]
      return {
        op,
        name: `${op}(${dtype}) of special values`,
        operands: operands.map(shape => ({ dtype, shape })),
        run: functions[op] as TensorFunction,
        reference: (...inputs: Plain[]) => elementwise(op, inputs),
        bound: dtype === 'i32' ? EXACT : (elementwiseBounds[op] as Bound),
        domain: [0, 1] as const,
        differentiable: false,
        elementwise: true,
      }
    }),
  )
}
