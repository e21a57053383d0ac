import {
  type Aval,
  callerLocation,
  checkTensor,
  type Data,
  dataOf,
  flatten,
  flattenAvals,
  OptionError,
  ShapeError,
  sizeOf,
  type Tensor,
} from '@wengert/tape'
import { gatherRows, type Selection } from './gather.js'
import type { Signature } from './objective.js'
import { type Rows, rowsOf, selectRows } from './rows.js'

/** Arguments of a call, checked and taken apart. */
export interface Call extends Outline {
  readonly params: readonly Data[]
  readonly batch: readonly Data[]
}

/** What a call is planned by. */
export interface Outline {
  readonly signature: Signature
  readonly batchRows: number
  readonly selection: Selection
}

/**
 * Checks the arguments of a call.
 *
 * @param owner the function that was called, as errors name it.
 * @throws {@link ShapeError} if leaves of the batch differ in rows; {@link OptionError} for rows outside of it.
 */
export function callOf(
  params: unknown,
  batch: unknown,
  rows: Rows | undefined,
  owner = 'valueAndGrad',
): Call {
  const flatParams = flatten(params, paramsOf(owner))
  const flatBatch = flatten(batch, batchOf(owner))
  const avalsIn = ({ leaves, structure, paths }: typeof flatParams) => ({
    leaves: leaves.map(({ aval }) => aval),
    structure,
    paths,
  })
  return {
    params: flatParams.leaves.map(leaf => dataOf(leaf)),
    batch: flatBatch.leaves.map(leaf => dataOf(leaf)),
    ...outlined(avalsIn(flatParams), avalsIn(flatBatch), rows),
  }
}

/** As {@link callOf}, without values: avals will do. */
export const outlineOf = (
  params: unknown,
  batch: unknown,
  rows: Rows | undefined,
  owner = 'explain',
): Outline =>
  outlined(flattenAvals(params, owner, paramsOf(owner)), flattenAvals(batch, owner, batchOf(owner)), rows)

const paramsOf = (owner: string): string => `${owner}: \`params\``
const batchOf = (owner: string): string => `${owner}: \`batch\``

type Avals = ReturnType<typeof flattenAvals>

function outlined(params: Avals, batch: Avals, rows: Rows | undefined): Outline {
  const batchRows = rowsOf(batch.leaves, batch.paths)
  return {
    signature: {
      params: params.leaves,
      paramsStructure: params.structure,
      row: batch.leaves.map(rowAval),
      batchStructure: batch.structure,
    },
    batchRows,
    selection: selectRows(rows, batchRows),
  }
}

const rowAval = ({ dtype, shape }: Aval): Aval => ({ dtype, shape: shape.slice(1) })

/** Writes the batch inputs of a shard. */
export function fillBatch(
  { signature, batch, selection }: Call,
  inputs: readonly Data[],
  from: number,
  rows: number,
): void {
  for (const [k, source] of batch.entries()) {
    const elements = sizeOf((signature.row[k] as Aval).shape)
    gatherRows(inputs[k] as Data, source, elements, selection, from, rows)
  }
}

/** Weights of the rows of a call, in its order, and their sum; ones if there are none. */
export interface Weights {
  readonly data: Data
  readonly sum: number
}

/**
 * Checks row weights and rounds them to the dtype of the loss.
 *
 * @throws {@link ShapeError} if they are not one a row; {@link OptionError} if they sum to zero but a mean is asked.
 */
export function weightsOf(
  weights: Tensor | undefined,
  rows: number,
  dtype: 'f32' | 'f64',
  reduction: 'mean' | 'sum',
): Weights {
  const data = dtype === 'f32' ? new Float32Array(rows) : new Float64Array(rows)
  if (weights === undefined) return { data: data.fill(1), sum: rows }
  checkTensor('valueAndGrad', '`weights`', weights)
  if (
    weights.rank !== 1 ||
    weights.shape[0] !== rows ||
    (weights.dtype !== 'f32' && weights.dtype !== 'f64')
  ) {
    throw new ShapeError({
      summary: `\`weights\` is ${weights.dtype}[${weights.shape}], but the call has ${rows} rows.`,
      expected: `f32[${rows}], one weight a row, in the order of the rows of the call`,
      at: callerLocation(),
      data: { option: 'weights', rows },
    })
  }
  data.set(dataOf(weights))
  let sum = 0
  for (const weight of data) sum += weight
  if (sum === 0 && reduction === 'mean') {
    throw new OptionError({
      summary: '`weights` sum to zero, so there is no weighted mean.',
      expected: 'weights with a sum other than zero',
      at: callerLocation(),
      fix: "use `reduction: 'sum'`, or leave rows of weight zero out with `rows`",
    })
  }
  return { data, sum }
}
