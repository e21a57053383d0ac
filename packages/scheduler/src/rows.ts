import { type Aval, callerLocation, checkArgument, OptionError, ShapeError, shown } from '@wengert/tape'
import type { Selection } from './gather.js'

/** Which rows of a batch a call computes, in that order. */
export type Rows = Int32Array | readonly number[] | { readonly from: number; readonly to: number }

/**
 * The number of rows of a batch: the first dimension that all its leaves share.
 *
 * @throws {@link ShapeError} naming the leaf that differs; {@link OptionError} for a batch without leaves.
 */
export function rowsOf(leaves: readonly Aval[], paths: readonly string[]): number {
  const first = leaves[0]
  if (!first)
    throw new OptionError({
      summary: 'The batch has no tensors.',
      expected: 'at least one tensor',
      at: callerLocation(),
    })
  const rows = first.shape[0]
  for (const [k, leaf] of leaves.entries()) {
    const place = `batch${paths[k]}`
    if (leaf.shape.length === 0) {
      throw new ShapeError({
        summary: `${place} is a scalar, ${leaf.dtype}[].`,
        expected: 'a first dimension with one entry a row',
        at: callerLocation(),
        fix: 'pass what is not one entry a row with the parameters, or close over it',
        data: { leaf: place },
      })
    }
    if (leaf.shape[0] !== rows) {
      throw new ShapeError({
        summary: `${place} has ${leaf.shape[0]} rows, but batch${paths[0]} has ${rows}.`,
        expected: `the same first dimension in every leaf of the batch (${leaf.shape[0]} ≠ ${rows})`,
        at: callerLocation(),
        data: { leaf: place, rows: leaf.shape[0], expectedRows: rows },
      })
    }
  }
  return rows as number
}

/**
 * Checks which rows of a batch are meant.
 *
 * @param batchRows rows of the batch.
 * @throws {@link OptionError} if a row is not in the batch, or there is none.
 * @example
 * selectRows(undefined, 4).count // → 4
 * selectRows({ from: 1, to: 3 }, 4).count // → 2
 * selectRows([0, 4], 4) // → throws OPTION
 */
export function selectRows(rows: Rows | undefined, batchRows: number): Selection {
  const selection = rows === undefined ? { from: 0, count: batchRows } : fromRows(rows, batchRows)
  if (selection.count > 0) return selection
  throw new OptionError({
    summary: 'There are no rows to compute.',
    expected: 'at least one row',
    at: callerLocation(),
    data: { batchRows },
  })
}

function fromRows(rows: Rows, batchRows: number): Selection {
  const isList = Array.isArray(rows) || ArrayBuffer.isView(rows)
  const isRange = typeof rows === 'object' && rows !== null && 'from' in rows && 'to' in rows
  checkArgument('a call', '`rows`', rows, isList || isRange, 'a list of row numbers, or { from, to }')
  if ('from' in rows && 'to' in rows) {
    const { from, to } = rows
    if (isRow(from, batchRows) && Number.isInteger(to) && to >= from && to <= batchRows) {
      return { from, count: to - from }
    }
    throw new OptionError({
      summary: `\`rows\` is { from: ${shown(from)}, to: ${shown(to)} }.`,
      expected: `whole numbers with 0 ≤ from ≤ to ≤ ${batchRows}, the rows of the batch`,
      at: callerLocation(),
      data: { option: 'rows', from, to, batchRows },
    })
  }
  for (let k = 0; k < rows.length; k++) {
    if (isRow(rows[k], batchRows)) continue
    throw new OptionError({
      summary: `\`rows[${k}]\` is ${shown(rows[k])}.`,
      expected: `a whole number from 0 to ${batchRows - 1}, a row of the batch`,
      at: callerLocation(),
      data: { option: 'rows', place: k, batchRows },
    })
  }
  // The caller may write its array while the call is under way.
  return { from: 0, count: rows.length, at: Int32Array.from(rows) }
}

const isRow = (row: unknown, batchRows: number): row is number =>
  Number.isInteger(row) && (row as number) >= 0 && (row as number) <= batchRows - 1
