import { checkOptions, checkTensor, checkTensors, type Tensor, take } from '@wengert/tape'
import { checkInitialise, type InitialiseOptions, uniformWeights } from '../random/index.js'

/** Parameters of an embedding. */
export type EmbeddingParams = {
  /** [words, features] */
  readonly table: Tensor
}

/**
 * A row of a table for each id. Its gradient adds up what the rows of equal ids get, in their order.
 *
 * @param ids i32[rows, …], from 0 to words − 1; negative ones count from the end, and others give NaN
 * @returns [rows, …, features]
 * @throws DTypeError unless the ids are i32.
 * @example
 * const table = tensor([[1, 2], [3, 4], [5, 6]])
 * embedding({ table }, tensor([2, 0], { dtype: 'i32' })).toArray() // → [[5, 6], [1, 2]]
 */
export function embedding(params: EmbeddingParams, ids: Tensor): Tensor {
  checkTensors('embedding', params, ['table'])
  checkTensor('embedding', 'the ids', ids)
  return take(params.table, ids)
}

/** Sizes of an embedding. */
export interface EmbeddingSizes {
  readonly words: number
  readonly features: number
}

/**
 * A table of uniform numbers within ±√(3 / features), so that rows are about 1 long.
 *
 * @example
 * initEmbedding({ words: 10, features: 4 }, { seed: 7 }).table.shape // → [10, 4]
 */
export const initEmbedding = (sizes: EmbeddingSizes, options: InitialiseOptions = {}): EmbeddingParams => {
  const { words, features } = checkOptions('initEmbedding', sizes, ['words', 'features'])
  checkInitialise('initEmbedding', options)
  return { table: uniformWeights([words, features], Math.sqrt(3 / features), options) }
}
