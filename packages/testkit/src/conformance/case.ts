import type { DType } from '@wengert/kernels'
import type { TensorFunction } from '../gradcheck.js'
import type { Plain } from '../reference/index.js'
import type { Bound } from './bounds.js'

/** An operand: its dtype and shape. */
export interface Operand {
  readonly dtype: DType
  readonly shape: readonly number[]
}

/** One op at given operands, with what it should do. */
export interface ConformanceCase {
  /** The function of the table that is tested. */
  readonly op: string
  /** The call, such as `sum(f32[3,5]) axis 1`. */
  readonly name: string
  readonly operands: readonly Operand[]
  readonly run: TensorFunction
  readonly reference: (...inputs: Plain[]) => Plain
  /** What errors are measured by, where terms cancel in the result: default the result itself. */
  readonly scale?: (...inputs: Plain[]) => Plain
  readonly bound: Bound
  readonly domain: readonly [number, number]
  /** Whether derivatives are checked: only at f64 operands. */
  readonly differentiable: boolean
  /** Whether the op works element by element: then every kind of sample is asked of it. */
  readonly elementwise?: boolean
}

/** Whether the operands are the special values of their dtypes instead of numbers of the domain. */
export const isSpecial = ({ name }: ConformanceCase): boolean => name.endsWith('special values')

/** How an operand is written in the name of a case. */
export const written = (operands: readonly Operand[]): string =>
  operands.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`).join(', ')
