import type { DType } from '@wengert/kernels'
import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions, shown, shownList } from '../options.js'
import { allocate, bytesOf, dataFrom, formatAval } from '../program/index.js'
import { ARENA_LIMIT_BYTES } from '../run/index.js'
import { checkDType, fromData, type Tensor } from './tensor.js'

/** Options of functions that make tensors. */
export interface CreationOptions {
  /** Default f32; of `arange`, i32. */
  readonly dtype?: DType
}

/**
 * Zeros.
 *
 * @example
 * zeros([2, 2]).toArray() // → [[0, 0], [0, 0]]
 */
export function zeros(shape: readonly number[], options: CreationOptions = {}): Tensor {
  const dtype = dtypeOf('zeros', options)
  return fromData({ dtype, shape }, allocate({ dtype, shape: checkShape('zeros', shape, dtype) }))
}

/**
 * Ones.
 *
 * @example
 * ones([3], { dtype: 'i32' }).toArray() // → [1, 1, 1]
 */
export const ones = (shape: readonly number[], options: CreationOptions = {}): Tensor =>
  filled('ones', shape, 1, options)

/**
 * A value everywhere.
 *
 * @example
 * full([2], 7).toArray() // → [7, 7]
 */
export const full = (shape: readonly number[], value: number, options: CreationOptions = {}): Tensor =>
  filled('full', shape, value, options)

function filled(op: string, shape: readonly number[], value: number, options: CreationOptions): Tensor {
  const dtype = dtypeOf(op, options)
  const data = allocate({ dtype, shape: checkShape(op, shape, dtype) })
  return fromData({ dtype, shape }, data.fill(dtype === 'bool' ? Number(value !== 0) : value))
}

/**
 * The unit matrix, or a rectangle of it.
 *
 * @example
 * eye(2).toArray() // → [[1, 0], [0, 1]]
 * eye(1, 3).toArray() // → [[1, 0, 0]]
 */
export function eye(rows: number, columns: number = rows, options: CreationOptions = {}): Tensor {
  const dtype = dtypeOf('eye', options)
  const shape = checkShape('eye', [rows, columns], dtype)
  const data = allocate({ dtype, shape })
  for (let k = 0; k < Math.min(rows, columns); k++) data[k * columns + k] = 1
  return fromData({ dtype, shape }, data)
}

/**
 * Numbers at equal steps: 0, 1, … below an end, or from a start in steps.
 *
 * @throws {@link OptionError} for a step of 0, anything infinite, and numbers that are not whole where the dtype is i32.
 * @example
 * arange(3).toArray() // → [0, 1, 2]
 * arange(1, 2, 0.25, { dtype: 'f32' }).toArray() // → [1, 1.25, 1.5, 1.75]
 */
export function arange(end: number, options?: CreationOptions): Tensor
export function arange(start: number, end: number, step?: number, options?: CreationOptions): Tensor
export function arange(
  first: number,
  second: number | CreationOptions = {},
  step = 1,
  options: CreationOptions = {},
): Tensor {
  const [start, end, chosen] = typeof second === 'number' ? [first, second, options] : [0, first, second]
  const dtype = dtypeOf('arange', chosen, 'i32')
  const areNumbers = [start, end, step].every(one => typeof one === 'number')
  const length = areNumbers ? Math.max(0, Math.ceil((end - start) / step)) : Number.NaN
  if (!Number.isFinite(length) || !Number.isFinite(start)) {
    throw new OptionError({
      summary: `arange: from ${shown(start)} to ${shown(end)} in steps of ${shown(step)}.`,
      expected: 'finite numbers, and a step that is not 0',
      at: callerLocation(),
    })
  }
  checkShape('arange', [length], dtype)
  if (dtype === 'i32' && length > 0 && !(Number.isInteger(start) && Number.isInteger(step))) {
    throw new OptionError({
      summary: `arange: from ${start} in steps of ${step}, as i32.`,
      expected: 'whole numbers',
      at: callerLocation(),
      fix: "give a dtype: { dtype: 'f32' }",
    })
  }
  const values = Array.from({ length }, (_, k) => start + k * step)
  return fromData({ dtype, shape: [length] }, dataFrom(dtype, values))
}

/**
 * So many numbers at equal distances from a start to an end, both included.
 *
 * @throws {@link OptionError} unless the count is a whole number.
 * @example
 * linspace(0, 1, 5).toArray() // → [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(start: number, end: number, count: number, options: CreationOptions = {}): Tensor {
  const dtype = dtypeOf('linspace', options)
  const shape = checkShape('linspace', [count], dtype)
  const values = Array.from({ length: count }, (_, k) =>
    k === count - 1 && count > 1 ? end : start + (k * (end - start)) / Math.max(1, count - 1),
  )
  return fromData({ dtype, shape }, dataFrom(dtype, values))
}

const dtypeOf = (op: string, options: CreationOptions, standard: DType = 'f32'): DType =>
  checkOptions(op, options, ['dtype']).dtype ?? standard

/** @throws {@link OptionError} for what is no shape, or has more bytes than a memory. */
function checkShape(op: string, shape: readonly number[], dtype: DType): readonly number[] {
  const list = Array.isArray(shape)
  if (!list || !Array.from(shape).every(length => Number.isInteger(length) && length >= 0)) {
    throw new OptionError({
      summary: `${op}: the shape ${list ? shownList(shape) : shown(shape)}.`,
      expected: 'a list of whole numbers of at least 0',
      at: callerLocation(),
      fix: list ? undefined : `${op}([${shown(shape)}])`,
    })
  }
  checkDType(op, dtype)
  const bytes = bytesOf({ dtype, shape })
  if (bytes <= ARENA_LIMIT_BYTES) return shape
  throw new OptionError({
    summary: `${op}: ${formatAval({ dtype, shape })} has ${bytes} bytes.`,
    expected: `at most ${ARENA_LIMIT_BYTES} (4 GiB), since a memory has no more`,
    at: callerLocation(),
    fix: 'make it smaller, or in parts',
    data: { bytes },
  })
}
