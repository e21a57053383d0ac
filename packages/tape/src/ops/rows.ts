// The choice of rows by indices is linear in the rows, and its transpose adds rows where the indices say; each is the
// pullback of the other, so that derivatives of every order are again these two.
import { type RowsSpec, scatterAddRows, takeRows } from '@wengert/kernels'
import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, type Params, registerOp, sizeOf } from '../program/index.js'
import { applyOne, type Tensor } from '../record/index.js'
import { type BatchSite, defineRule } from '../rules/index.js'
import { allBatched } from './batch.js'
import { transpose } from './shape.js'

/** Which rows: those along an axis of x, with indices of their own for each place of the axes before `batchRank`. */
interface Choice {
  readonly batchRank: number
  readonly axis: number
}

const choiceOf = (params: Params) => params as unknown as Choice

/** What a row is whose index is outside. */
export type Missing = 'zero' | 'nan'

function sizes(large: Aval, indices: Aval, { batchRank, axis }: Choice): RowsSpec {
  const { dtype, shape } = large
  return {
    dtype,
    batch: sizeOf(shape.slice(0, batchRank)),
    outer: sizeOf(shape.slice(batchRank, axis)),
    length: shape[axis] as number,
    count: sizeOf(indices.shape.slice(batchRank)),
    inner: sizeOf(shape.slice(axis + 1)),
  }
}

registerOp({
  name: 'gather',
  infer([x, indices], params) {
    const { batchRank, axis } = choiceOf(params)
    const { dtype, shape } = x as Aval
    return [{ dtype, shape: shape.toSpliced(axis, 1, ...(indices as Aval).shape.slice(batchRank)) }]
  },
  lower: ([x, indices], _out, params) =>
    takeRows({ ...sizes(x as Aval, indices as Aval, choiceOf(params)), missing: params.missing as Missing }),
})

registerOp({
  name: 'scatterAdd',
  infer([rows, indices], params) {
    const { batchRank, axis } = choiceOf(params)
    const { dtype, shape } = rows as Aval
    const own = (indices as Aval).shape.length - batchRank
    return [{ dtype, shape: shape.toSpliced(axis, own, params.length as number) }]
  },
  lower: ([_rows, indices], [out], params) =>
    scatterAddRows(sizes(out as Aval, indices as Aval, choiceOf(params))),
})

/** The operands and the choice with a batch in front. */
function batched(site: BatchSite): { inputs: readonly Tensor[]; params: Params } {
  const { inputs, params } = site
  const { batchRank, axis } = choiceOf(params)
  // One list of indices for all: the batch is another axis of the rows.
  if (!site.batched[1] && batchRank === 0) return { inputs, params: { ...params, axis: axis + 1 } }
  const choice = { ...params, batchRank: batchRank + 1, axis: axis + 1 }
  return { inputs: allBatched(site).inputs, params: choice }
}

defineRule('gather', {
  pullback: ({ inputs: [x, indices], ct, params }) => {
    const choice = choiceOf(params)
    return [scatterRows(ct, indices as Tensor, choice, (x as Tensor).shape[choice.axis] as number)]
  },
  pushforward: ({ inputs: [, indices], tangents: [t], params }) =>
    t && gatherRows(t, indices as Tensor, choiceOf(params), 'zero'),
  batch(site) {
    const { batchRank, axis } = choiceOf(site.params)
    // One table for all: the batch is another axis of the indices.
    if (!site.batched[0] && batchRank === 0 && axis === 0) return applyOne('gather', site.inputs, site.params)
    const { inputs, params } = batched(site)
    return applyOne('gather', inputs, params)
  },
})

defineRule('scatterAdd', {
  pullback: ({ inputs: [, indices], ct, params }) => [
    gatherRows(ct, indices as Tensor, choiceOf(params), 'zero'),
  ],
  pushforward: ({ inputs: [, indices], tangents: [t], params }) =>
    t && applyOne('scatterAdd', [t, indices as Tensor], params),
  batch(site) {
    const { inputs, params } = batched(site)
    return applyOne('scatterAdd', inputs, params)
  },
})

/** Rows of x along an axis, in the order of the indices. */
export const gatherRows = (
  x: Tensor,
  indices: Tensor,
  { batchRank, axis }: Choice,
  missing: Missing,
): Tensor => applyOne('gather', [x, indices], { batchRank, axis, missing })

/** The transpose of {@link gatherRows}: rows added up in an array of zeros that has `length` rows. */
export const scatterRows = (
  rows: Tensor,
  indices: Tensor,
  { batchRank, axis }: Choice,
  length: number,
): Tensor => applyOne('scatterAdd', [rows, indices], { batchRank, axis, length })

/** Swaps an axis with the last one. */
export const swappedWithLast = (x: Tensor, axis: number): Tensor =>
  transpose(
    x,
    x.shape.map((_, k) => (k === axis ? x.rank - 1 : k === x.rank - 1 ? axis : k)),
  )

/** out[…, k, …] = x[…, indices[…, k, …], …] along an axis, for operands that differ along this axis alone. */
export function gatherAlong(x: Tensor, indices: Tensor, axis: number, missing: Missing): Tensor {
  const last = x.rank - 1
  const [table, list] = [swappedWithLast(x, axis), swappedWithLast(indices, axis)]
  return swappedWithLast(gatherRows(table, list, { batchRank: last, axis: last }, missing), axis)
}

/** The transpose of {@link gatherAlong}. */
export function scatterAlong(rows: Tensor, indices: Tensor, axis: number, length: number): Tensor {
  const last = rows.rank - 1
  const [values, list] = [swappedWithLast(rows, axis), swappedWithLast(indices, axis)]
  return swappedWithLast(scatterRows(values, list, { batchRank: last, axis: last }, length), axis)
}

/** @throws {@link DTypeError} unless the indices are i32. */
export function checkIndices(op: string, indices: Tensor): void {
  if (indices.dtype === 'i32') return
  throw new DTypeError({
    summary: `${op}: indices are ${formatAval(indices.aval)}.`,
    expected: 'dtype i32',
    at: callerLocation(),
    fix: "convert them with indices.convert('i32')",
  })
}
