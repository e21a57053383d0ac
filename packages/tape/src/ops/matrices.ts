// What ops on matrices share. A matrix is the last two axes; those before are a batch.
import type { FloatDType } from '@wengert/kernels'
import { DTypeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, dataFrom, formatAval, isFloat, sizeOf } from '../program/index.js'
import { applyOne, fromData, scalarLike, type Tensor } from '../record/index.js'
import type { Batch } from '../rules/index.js'
import { add, sub } from './arithmetic.js'
import { tril, triu } from './diagonal.js'
import { broadcastShapes } from './elementwise.js'
import { broadcastTo } from './reduction.js'
import { reshape, slice, transpose } from './shape.js'
import { where } from './where.js'

/** The axes before the matrix. */
export const leading = (x: { readonly shape: readonly number[] }): readonly number[] => x.shape.slice(0, -2)

/** Rows and columns. */
export const sidesOf = (x: { readonly shape: readonly number[] }) => x.shape.slice(-2) as [number, number]

/** Square matrices as kernels have them. */
export const squares = ({ dtype, shape }: Aval) => ({
  dtype: dtype as FloatDType,
  count: sizeOf(shape.slice(0, -2)),
  n: shape.at(-1) as number,
})

/** Matrices as kernels have them. */
export const rectangles = ({ dtype, shape }: Aval) => ({
  dtype: dtype as FloatDType,
  count: sizeOf(shape.slice(0, -2)),
  rows: shape.at(-2) as number,
  columns: shape.at(-1) as number,
})

/** @throws {@link DTypeError} unless dtypes are one of the floating-point ones. */
function checkFloats(op: string, ...xs: readonly Tensor[]): void {
  const [first] = xs as readonly [Tensor]
  if (xs.every(({ dtype }) => isFloat(dtype) && dtype === first.dtype)) return
  throw new DTypeError({
    summary: `${op}: ${xs.length > 1 ? 'dtypes do not fit' : 'dtype not taken'}: ${written(xs)}.`,
    expected: xs.length > 1 ? 'all f32 or all f64' : 'f32 or f64',
    at: callerLocation(),
    fix: "convert with x.convert('f32')",
  })
}

/** How operands are written in messages. */
export const written = (xs: readonly Tensor[]) => xs.map(x => formatAval(x.aval)).join(', ')

/** @throws {@link DTypeError} for other dtypes than f32 and f64; {@link ShapeError} for what is no matrix. */
export function checkMatrices(op: string, x: Tensor): void {
  checkFloats(op, x)
  if (x.rank < 2) throw unfit(op, x, 'a matrix, or several: rank 2 or more')
}

/** As {@link checkMatrices}, and the matrices are square. */
export function checkSquares(op: string, x: Tensor): void {
  checkMatrices(op, x)
  const [rows, columns] = sidesOf(x)
  if (rows !== columns) throw unfit(op, x, `a square matrix, or several   (${rows} ≠ ${columns})`)
}

const unfit = (op: string, x: Tensor, expected: string) =>
  new ShapeError({ summary: `${op}: x is ${formatAval(x.aval)}.`, expected, at: callerLocation() })

/** @throws {@link ShapeError} unless a is square and b has as many rows; {@link DTypeError} unless dtypes fit. */
export function checkSystem(op: string, a: Tensor, b: Tensor): void {
  checkFloats(op, a, b)
  checkSquares(op, a)
  const n = a.shape.at(-1) as number
  const rows = b.shape.at(b.rank === 1 ? -1 : -2)
  if (rows === n) return
  throw new ShapeError({
    summary: `${op}: right-hand sides do not fit: a ${formatAval(a.aval)}, b ${formatAval(b.aval)}.`,
    expected: `b of ${n} rows${rows === undefined ? '' : `   (${rows} ≠ ${n})`}`,
    at: callerLocation(),
    fix: `b must be ${b.dtype}[${n}] or ${b.dtype}[…,${n},…]`,
  })
}

/** The transpose of every matrix. */
export const turned = (x: Tensor): Tensor => transpose(x, [...leading(x).keys(), x.rank - 1, x.rank - 2])

/** The identity, as a constant. */
export function identityLike(x: Tensor, n: number): Tensor {
  const values = Array.from({ length: n * n }, (_, k) => Number(k % (n + 1) === 0))
  return fromData({ dtype: x.dtype, shape: [n, n] }, dataFrom(x.dtype, values))
}

/** Where a square matrix has its diagonal, as a constant. */
export function onDiagonal(n: number): Tensor {
  const values = Array.from({ length: n * n }, (_, k) => Number(k % (n + 1) === 0))
  return fromData({ dtype: 'bool', shape: [n, n] }, dataFrom('bool', values))
}

/** The diagonal of every matrix, [..., min(m, n)]. */
export function diagonals(x: Tensor): Tensor {
  const [rows, columns] = sidesOf(x)
  const length = Math.min(rows, columns)
  const lead = leading(x)
  const flat = reshape(x, [...lead, rows * columns])
  const limit = length === 0 ? 0 : (length - 1) * (columns + 1) + 1
  const none = lead.map(() => 0)
  return slice(flat, none, [...lead, limit], [...lead.map(() => 1), columns + 1])
}

/** The diagonal matrix of every vector. */
export function diagonalMatrices(x: Tensor): Tensor {
  const n = x.shape.at(-1) as number
  return where(onDiagonal(n), asColumn(x), scalarLike(x, 0))
}

/** Vectors as matrices of one column. */
export const asColumn = (x: Tensor): Tensor => reshape(x, [...x.shape, 1])

/** Vectors as matrices of one row. */
export const asRow = (x: Tensor): Tensor => reshape(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1) as number])

/** Below the diagonal. */
export const strictlyLower = (x: Tensor): Tensor => tril(x, -1)

/** The symmetric matrices that have these lower triangles. */
export const symmetric = (x: Tensor): Tensor => add(tril(x), turned(strictlyLower(x)))

/** The transpose of {@link symmetric}: what is above the diagonal is added below it. */
export const folded = (x: Tensor): Tensor => add(tril(x), turned(triu(x, 1)))

/** The antisymmetric matrices that have these below their diagonals. */
export function antisymmetric(x: Tensor): Tensor {
  const lower = strictlyLower(x)
  return sub(lower, turned(lower))
}

/** Operands with the same leading axes, broadcast. */
export function alignLeading(op: string, xs: readonly Tensor[]): readonly Tensor[] {
  const lead = broadcastShapes(
    op,
    xs.map(x => ({ dtype: x.dtype, shape: leading(x) })),
  )
  return xs.map(x => broadcastTo(x, [...lead, ...sidesOf(x)]))
}

/** A batch of an op with one operand is more matrices. */
export const moreMatrices =
  (op: string): Batch =>
  ({ inputs, params }) =>
    applyOne(op, inputs, params)
