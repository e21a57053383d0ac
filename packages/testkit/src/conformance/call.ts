import type { DType } from '@wengert/kernels'
import type { Tensor } from '@wengert/tape'
import type { Plain } from '../reference/index.js'
import { type Bound, EXACT } from './bounds.js'
import { type ConformanceCase, type Operand, written } from './case.js'

/** Floating-point dtypes. */
export const floats: readonly DType[] = ['f32', 'f64']
/** Dtypes with arithmetic. */
export const numbers: readonly DType[] = ['f32', 'f64', 'i32']
/** Every dtype. */
export const all: readonly DType[] = ['f32', 'f64', 'i32', 'bool']

/** A case of the op with that name, of operands that are not elementwise. */
export interface Call {
  readonly options?: string
  readonly operands: readonly Operand[]
  readonly run: (...xs: Tensor[]) => Tensor
  readonly reference: (...xs: Plain[]) => Plain
  readonly scale?: (...xs: Plain[]) => Plain
  readonly bound?: Bound
  readonly domain?: readonly [number, number]
  readonly differentiable?: boolean
  readonly elementwise?: boolean
}

/** A case from a call; its name is made of the operands and the options. */
export function call(
  op: string,
  { options, operands, bound = EXACT, domain = [-2, 2], ...rest }: Call,
): ConformanceCase {
  const name = `${op}(${written(operands)})${options ? ` ${options}` : ''}`
  const differentiable = operands.some(({ dtype }) => dtype === 'f64') && (rest.differentiable ?? true)
  return { op, name, operands, bound, domain, ...rest, differentiable }
}

/** Product of lengths. */
export const product = (lengths: readonly number[]) => lengths.reduce((total, length) => total * length, 1)
