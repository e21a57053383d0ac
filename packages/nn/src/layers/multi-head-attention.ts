import {
  callerLocation,
  checkOptions,
  checkTensor,
  formatAval,
  OptionError,
  reshape,
  ShapeError,
  shown,
  split,
  type Tensor,
  transpose,
} from '@wengert/tape'
import { checkInitialise, type InitialiseOptions, uniformWeights } from '../random/index.js'
import { attention, MASK_OPTIONS, type MaskOptions } from './attention.js'
import { type DenseParams, dense } from './dense.js'
import { filled } from './norm-params.js'

/** Parameters of attention with several heads: dense layers before and after. */
export type MultiHeadAttentionParams = {
  readonly query: DenseParams
  readonly key: DenseParams
  readonly value: DenseParams
  readonly out: DenseParams
}

/** Options of {@link multiHeadAttention}. */
export interface MultiHeadAttentionOptions extends MaskOptions {
  /** Into how many heads the features of query, key and value are divided. */
  readonly heads: number
  /** [rows, keys, in], what keys and values are made of. Default x itself: self-attention. */
  readonly context?: Tensor
}

/**
 * Attention with several heads: query, key and value are dense layers of x and of the context, every head attends with
 * its part of their features, and a dense layer joins them (Vaswani et al. 2017, §3.2.2).
 *
 * @param x [rows, queries, in]
 * @returns [rows, queries, out]; the mask is broadcast to [rows, heads, queries, keys]
 * @throws ShapeError if shapes do not fit; OptionError unless the heads divide the features evenly.
 * @example
 * const p = initMultiHeadAttention({ features: 4 }, { seed: 7 })
 * const x = tensor(new Float32Array(24), { shape: [2, 3, 4] })
 * multiHeadAttention(p, x, { heads: 2, causal: true }).shape // → [2, 3, 4]
 */
export function multiHeadAttention(
  p: MultiHeadAttentionParams,
  x: Tensor,
  options: MultiHeadAttentionOptions,
): Tensor {
  const names = ['heads', 'context', ...MASK_OPTIONS]
  const { heads, context = x, ...masks } = checkOptions('multiHeadAttention', options, names)
  checkTensor('multiHeadAttention', 'x', x)
  checkTensor('multiHeadAttention', 'the context', context)
  if (x.rank !== 3 || context.rank !== 3) {
    throw new ShapeError({
      summary: `multiHeadAttention: x ${formatAval(x.aval)}, context ${formatAval(context.aval)}.`,
      expected: 'both [rows, length, features]',
      at: callerLocation(),
    })
  }
  const apart = (layer: DenseParams, of: Tensor) => splitHeads(dense(layer, of), heads)
  const out = attention(apart(p.query, x), apart(p.key, context), apart(p.value, context), masks)
  const [rows, , length, features] = out.shape as readonly [number, number, number, number]
  return dense(p.out, reshape(transpose(out, [0, 2, 1, 3]), [rows, length, heads * features]))
}

/** [rows, length, heads·d] as [rows, heads, length, d]. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [rows, length, features] = x.shape as readonly [number, number, number]
  if (!Number.isInteger(heads) || heads < 1 || features % heads !== 0) {
    throw new OptionError({
      summary: `multiHeadAttention: ${shown(heads)} heads of ${features} features.`,
      expected: `a number that divides ${features}`,
      at: callerLocation(),
      data: { option: 'heads' },
    })
  }
  return transpose(reshape(x, [rows, length, heads, features / heads]), [0, 2, 1, 3])
}

/**
 * Parameters of attention with as many features in and out as in all heads together: Glorot's uniform weights, biases
 * of 0.
 *
 * @example
 * initMultiHeadAttention({ features: 4 }, { seed: 7 }).out.w.shape // → [4, 4]
 */
export function initMultiHeadAttention(
  sizes: { readonly features: number },
  options: InitialiseOptions = {},
): MultiHeadAttentionParams {
  const { features } = checkOptions('initMultiHeadAttention', sizes, ['features'])
  checkInitialise('initMultiHeadAttention', options)
  // One draw for all, so that a layer takes up a single stream.
  const weights = uniformWeights([4 * features, features], Math.sqrt(6 / (2 * features)), options)
  const [query, key, value, out] = split(weights, 4).map(w => ({
    w,
    b: filled([features], 0, options.dtype ?? 'f32'),
  })) as [DenseParams, DenseParams, DenseParams, DenseParams]
  return { query, key, value, out }
}
