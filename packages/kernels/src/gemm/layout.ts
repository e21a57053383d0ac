/** Where the matrices of a batch lie in an operand; everything in elements. */
export interface MatrixLayout {
  /** From the operand's address to the first matrix. */
  readonly offset: number
  /** From a matrix to the next, along each axis of the batch; 0 where one serves all. */
  readonly batch: readonly number[]
  /** From a stored row to the next. Elements of a row are adjacent. */
  readonly row: number
}

/** Matrices one after another, row by row. */
export function contiguous(batch: readonly number[], rows: number, columns: number): MatrixLayout {
  const strides = batch.map((_, axis) =>
    batch.slice(axis + 1).reduce((size, length) => size * length, rows * columns),
  )
  return { offset: 0, batch: strides, row: columns }
}

/** Axes of a batch: how long, and the strides of each operand along them. */
export interface BatchAxis {
  readonly length: number
  readonly strides: readonly number[]
}

/** The axes of a batch without those of length 1, and with axes that are passed through as one made one. */
export function batchAxes(
  lengths: readonly number[],
  layouts: readonly MatrixLayout[],
): readonly BatchAxis[] {
  const axes: BatchAxis[] = []
  lengths.forEach((length, axis) => {
    if (length === 1) return
    const strides = layouts.map(({ batch }) => batch[axis] as number)
    const outer = axes.at(-1)
    if (outer?.strides.every((stride, k) => stride === length * (strides[k] as number))) {
      axes[axes.length - 1] = { length: outer.length * length, strides }
    } else axes.push({ length, strides })
  })
  return axes
}
