import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { formatAval } from '../program/index.js'
import { applyOne, checkTensor, fromData, scalarLike, type Tensor } from '../record/index.js'
import { greaterEqual, lessEqual } from './comparison.js'
import { sum } from './reduction.js'
import { reshape, slice } from './shape.js'
import { where } from './where.js'

/** @throws {@link OptionError} unless k is an integer. */
function checkDiagonal(op: string, k: number): void {
  if (Number.isInteger(k)) return
  throw new OptionError({
    summary: `${op}: diagonal ${shown(k)}.`,
    expected: 'an integer',
    at: callerLocation(),
  })
}

const indices = (length: number, offset: number, shape: readonly number[]) =>
  fromData(
    { dtype: 'i32', shape },
    Int32Array.from({ length }, (_, i) => i + offset),
  )

/** i + k, as a column, and j, as a row, of a matrix. */
function places(op: string, x: Tensor, k: number): [Tensor, Tensor] {
  checkDiagonal(op, k)
  const [rows, columns] = x.shape.slice(-2)
  if (rows === undefined || columns === undefined) {
    throw new ShapeError({
      summary: `${op}: ${formatAval(x.aval)} is no matrix.`,
      expected: 'a tensor of rank 2 or more',
      at: callerLocation(),
    })
  }
  return [indices(rows, k, [rows, 1]), indices(columns, 0, [columns])]
}

/**
 * The lower triangle of matrices (the last two axes): elements above the k-th diagonal become 0.
 *
 * @throws {@link ShapeError} for a tensor of rank 0 or 1.
 * @example
 * tril(tensor([[1, 2], [3, 4]])).toArray() // → [[1, 0], [3, 4]]
 */
export function tril(x: Tensor, k = 0): Tensor {
  checkTensor('tril', 'x', x)
  const [row, column] = places('tril', x, k)
  return where(greaterEqual(row, column), x, scalarLike(x, 0))
}

/**
 * The upper triangle of matrices (the last two axes): elements below the k-th diagonal become 0.
 *
 * @throws {@link ShapeError} for a tensor of rank 0 or 1.
 * @example
 * triu(tensor([[1, 2], [3, 4]])).toArray() // → [[1, 2], [0, 4]]
 * triu(tensor([[1, 2], [3, 4]]), 1).toArray() // → [[0, 2], [0, 0]]
 */
export function triu(x: Tensor, k = 0): Tensor {
  checkTensor('triu', 'x', x)
  const [row, column] = places('triu', x, k)
  return where(lessEqual(row, column), x, scalarLike(x, 0))
}

/** Where the k-th diagonal of a matrix begins in row-major order, and how long it is. */
function diagonal(rows: number, columns: number, k: number): { start: number; length: number } {
  const [row, column] = [Math.max(0, -k), Math.max(0, k)]
  return {
    start: row * columns + column,
    length: Math.max(0, Math.min(rows - row, columns - column)),
  }
}

/**
 * The k-th diagonal of a matrix, or the square matrix with a vector as its k-th diagonal and 0 elsewhere.
 *
 * @throws {@link ShapeError} for a tensor that is neither.
 * @example
 * diag(tensor([[1, 2], [3, 4]])).toArray() // → [1, 4]
 * diag(tensor([1, 2])).toArray() // → [[1, 0], [0, 2]]
 */
export function diag(x: Tensor, k = 0): Tensor {
  checkTensor('diag', 'x', x)
  checkDiagonal('diag', k)
  const [rows, columns] = x.shape
  if (rows === undefined || x.rank > 2) throw notMatrix('diag', x, 'a vector or a matrix')
  if (columns === undefined) {
    const side = rows + Math.abs(k)
    if (rows === 0) return reshape(applyOne('unslice', [x], whole(side)), [side, side])
    const { start } = diagonal(side, side, k)
    // Elements of a diagonal are a row and a column apart.
    const steps = { starts: [start], limits: [start + (rows - 1) * (side + 1) + 1], steps: [side + 1] }
    return reshape(applyOne('unslice', [x], { ...steps, shape: [side * side] }), [side, side])
  }
  const { start, length } = diagonal(rows, columns, k)
  const flat = reshape(x, [rows * columns])
  if (length === 0) return slice(flat, [0], [0])
  return slice(flat, [start], [start + (length - 1) * (columns + 1) + 1], [columns + 1])
}

const whole = (side: number) => ({ starts: [0], limits: [0], steps: [1], shape: [side * side] })

/**
 * Sum of the k-th diagonal of a matrix.
 *
 * @throws {@link ShapeError} for a tensor that is no matrix.
 * @example
 * trace(tensor([[1, 2], [3, 4]])).item() // → 5
 */
export function trace(x: Tensor, k = 0): Tensor {
  checkTensor('trace', 'x', x)
  if (x.rank !== 2) throw notMatrix('trace', x, 'a matrix')
  return sum(diag(x, k))
}

const notMatrix = (op: string, x: Tensor, expected: string) =>
  new ShapeError({ summary: `${op}: x is ${formatAval(x.aval)}.`, expected, at: callerLocation() })
