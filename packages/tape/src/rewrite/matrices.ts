import type { MatmulSpec, MatrixLayout } from '@wengert/kernels'
import { type Params, reshaped, sizeOf, type View } from '../program/index.js'

/** A batch of matrices in place. */
export interface Matrices {
  /** Lengths and strides of the axes of the batch; none for a matrix without one. */
  readonly batch: View
  /** Rows and columns. */
  readonly size: readonly [number, number]
  /** Elements from a stored row to the next. */
  readonly row: number
  /** Whether it is stored by columns: its stored rows are columns. */
  readonly byColumns: boolean
}

/** A view as matrices, if the elements of its rows, or of its columns, are adjacent. */
export function matricesOf({ shape, strides, offset }: View): Matrices | undefined {
  const [rows, columns] = shape.slice(-2) as [number, number]
  const [ofRows, ofColumns] = strides.slice(-2) as [number, number]
  const batch = { shape: shape.slice(0, -2), strides: strides.slice(0, -2), offset }
  const of = { batch, size: [rows, columns] as const }
  if (ofColumns === 1 || columns === 1) return { ...of, row: rows === 1 ? columns : ofRows, byColumns: false }
  if (ofRows === 1 || rows === 1) return { ...of, row: ofColumns, byColumns: true }
  return undefined
}

/** A product of matrices in place. */
interface Product {
  readonly spec: Omit<MatmulSpec, 'dtype'>
  /** Whether the operands are in each other's place: Cᵀ = op(W)ᵀ·op(X)ᵀ has the same sums. */
  readonly exchanged: boolean
}

/** The product that a `matmul` of matrices in place is, if there is a kernel for it. */
export function productOf(
  { transposeX, transposeW }: Params,
  x: Matrices,
  w: Matrices,
  out: Matrices,
): Product | undefined {
  if (out.byColumns) {
    const [m, n] = out.size
    const transposed = { ...out, size: [n, m] as const, byColumns: false }
    const product = productOf({ transposeX: !transposeW, transposeW: !transposeX }, w, x, transposed)
    return product && { ...product, exchanged: true }
  }
  const [m, n] = out.size
  const k = x.size[transposeX ? 0 : 1]
  const [transposeA, transposeB] = [transposeX !== x.byColumns, transposeW !== w.byColumns]
  // Vectors are read and written as one row.
  if ((m === 1 && transposeA && x.row !== 1) || (n === 1 && !transposeB && w.row !== 1)) return undefined
  if (n === 1 && out.row !== 1) return undefined
  const batches = [x, w, out].map(({ batch }) => batch)
  const { shape: batch } = batches.reduce((most, one) => (one.shape.length > most.shape.length ? one : most))
  const [a, b, c] = [x, w, out].map(matrices => layoutOf(matrices, batch))
  if (!a || !b || !c) return undefined
  return { spec: { batch, m, n, k, transposeA, transposeB, layouts: { a, b, c } }, exchanged: false }
}

/** Where matrices lie, by the axes of a batch. */
function layoutOf({ batch, row }: Matrices, axes: readonly number[]): MatrixLayout | undefined {
  const { offset } = batch
  // One matrix for all.
  if (batch.shape.length === 0) return { offset, batch: axes.map(() => 0), row }
  if (sizeOf(batch.shape) !== sizeOf(axes)) return undefined
  const strides = reshaped(batch, axes)?.strides
  return strides && { offset, batch: strides, row }
}
