import type { DType } from '@wengert/kernels'
import { DTypeError, OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { formatAval, type Params } from '../program/index.js'
import { evaluate } from '../run/index.js'
import { innermostTape, type Tape } from './tape.js'
import { dataOf, fromData, Tensor, tensor } from './tensor.js'

/** What an op takes: a tensor, or a number or boolean that adopts the dtype of the other operands. */
export type Operand = Tensor | number | boolean

/**
 * Applies an op to tensors: records it on the innermost tape among them, or, if all are concrete, computes it now.
 */
export function apply(op: string, inputs: readonly Tensor[], params: Params = {}): readonly Tensor[] {
  const tape = innermostTape(inputs)
  if (tape) return tape.emit(op, inputs, params)
  const avals = inputs.map(x => x.aval)
  const data = inputs.map(x => dataOf(x))
  return evaluate(op, avals, data, params).map(({ aval, data }) => fromData(aval, data))
}

/** As {@link apply}, for an op with one output. */
export function applyOne(op: string, inputs: readonly Tensor[], params: Params = {}): Tensor {
  return apply(op, inputs, params)[0] as Tensor
}

/**
 * Turns operands into tensors: literals take the dtype of the first tensor that is not bool, and f32 where there
 * is none; booleans among them are bool.
 */
export function operands(op: string, values: readonly Operand[]): readonly Tensor[] {
  const tensors = values.filter(value => value instanceof Tensor)
  const dtype = tensors.find(x => x.dtype !== 'bool')?.dtype ?? 'f32'
  const tape = innermostTape(tensors)
  return values.map((value, k) => {
    if (value instanceof Tensor) return value
    if (typeof value !== 'number' && typeof value !== 'boolean') throw notAnOperand(op, k, value)
    if (dtype === 'i32' && typeof value === 'number' && value !== (value | 0))
      throw notAnInt(op, value, tensors)
    return literal(tape, typeof value === 'boolean' ? 'bool' : dtype, Number(value))
  })
}

/** A scalar of the dtype of x, on the tape of x if it has one. */
export const scalarLike = (x: Tensor, value: number): Tensor => literal(innermostTape([x]), x.dtype, value)

function literal(tape: Tape | undefined, dtype: DType, value: number): Tensor {
  return tape ? tape.scalar(dtype, value) : tensor(value, { dtype })
}

function notAnInt(op: string, value: number, tensors: readonly Tensor[]): DTypeError {
  return new DTypeError({
    summary: `${op}: ${value} is no i32, as ${tensors.map(x => formatAval(x.aval)).join(', ')} would have it.`,
    expected: 'a whole number of 32 bits beside tensors of dtype i32',
    at: callerLocation(),
    fix: "convert the tensor first: x.convert('f32')",
  })
}

function notAnOperand(op: string, position: number, value: unknown): OptionError {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  return new OptionError({
    summary: `${op}: operand ${position + 1} is ${got}.`,
    expected: 'a tensor or a number',
    at: callerLocation(),
    fix: mendOf(value),
  })
}

function mendOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return 'make it a tensor: tensor([…])'
  return value === undefined ? 'look for a misspelt name, or an operand left out' : undefined
}
