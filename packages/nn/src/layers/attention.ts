import {
  add,
  allocate,
  callerLocation,
  checkArgument,
  checkOptions,
  checkTensor,
  formatAval,
  fromData,
  logicalAnd,
  matmul,
  mul,
  ShapeError,
  softmax,
  type Tensor,
  transpose,
  where,
} from '@wengert/tape'

/** What of the keys each query may look at. */
export interface MaskOptions {
  /**
   * Broadcast to [..., queries, keys]: bool, true where a query may look at a key; or floats that are added to the
   * scores. A query that no key is left for gets 0 from a mask of bools, and NaN from one that adds −∞ throughout.
   */
  readonly mask?: Tensor
  /** Whether query i looks at keys 0 … i alone. Default false. */
  readonly causal?: boolean
}

/** The names of {@link MaskOptions}. */
export const MASK_OPTIONS = ['mask', 'causal']

/** Options of {@link attention}. */
export interface AttentionOptions extends MaskOptions {
  /** Factor of the scores. Default 1 / √d. */
  readonly scale?: number
}

/** Numbers of the lowest score, finite so that a softmax over nothing else is no NaN. */
const LOWEST = { f32: -(2 - 2 ** -23) * 2 ** 127, f64: -Number.MAX_VALUE } as const

/**
 * Scaled dot-product attention: softmax(scale · query·keyᵀ)·value over the keys (Vaswani et al. 2017, "Attention is
 * all you need", eq. 1). Axes before the last two are batches, such as rows and heads, and broadcast.
 *
 * @param query [..., queries, d]
 * @param key [..., keys, d]
 * @param value [..., keys, e]
 * @returns [..., queries, e]
 * @throws ShapeError if lengths do not fit or a mask does not broadcast; DTypeError for dtypes that differ.
 * @example
 * const x = tensor([[1, 0], [0, 1]])
 * attention(x, x, tensor([[1], [3]]), { causal: true }).toArray() // → [[1], [2.339523]]
 * const mask = tensor([[false, true], [false, false]])
 * attention(x, x, tensor([[1], [3]]), { mask }).toArray() // → [[3], [0]]
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor {
  const {
    mask,
    causal = false,
    scale: given,
  } = checkOptions('attention', options, [...MASK_OPTIONS, 'scale'])
  check(query, key, value)
  if (mask !== undefined) checkTensor('attention', '`mask`', mask)
  const scale = given ?? 1 / Math.sqrt(query.shape.at(-1) as number)
  checkArgument('attention', '`scale`', scale, Number.isFinite(scale), 'a finite number')
  const last = key.rank - 1
  const order = key.shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis))
  const scores = matmul(mul(scale, query), transpose(key, order))
  const added = mask === undefined || mask.dtype === 'bool' ? scores : add(scores, mask)
  const seen = visible(scores, mask, causal)
  if (seen === undefined) return matmul(softmax(added), value)
  const weights = softmax(where(seen, added, LOWEST[scores.dtype === 'f64' ? 'f64' : 'f32']))
  // For a query without keys, which softmax gives a share of each.
  return matmul(mask?.dtype === 'bool' ? where(seen, weights, 0) : weights, value)
}

/** Where queries may look, if it is not everywhere. */
function visible(scores: Tensor, mask: Tensor | undefined, causal: boolean): Tensor | undefined {
  const [queries, keys] = scores.shape.slice(-2) as [number, number]
  const bools = mask?.dtype === 'bool' ? mask : undefined
  if (!causal) return bools
  const aval = { dtype: 'bool', shape: [queries, keys] } as const
  const earlier = allocate(aval)
  for (let i = 0; i < queries; i++) earlier.fill(1, i * keys, i * keys + Math.min(i + 1, keys))
  const past = fromData(aval, earlier)
  return bools ? logicalAnd(bools, past) : past
}

function check(query: Tensor, key: Tensor, value: Tensor): void {
  for (const [name, x] of Object.entries({ query, key, value })) checkTensor('attention', name, x)
  const ranks = [query, key, value].every(({ rank }) => rank >= 2)
  if (ranks && query.shape.at(-1) === key.shape.at(-1) && key.shape.at(-2) === value.shape.at(-2)) return
  throw new ShapeError({
    summary: `attention: query ${formatAval(query.aval)}, key ${formatAval(key.aval)} and value ${formatAval(value.aval)} do not fit.`,
    expected: 'query [..., queries, d], key [..., keys, d], value [..., keys, e]',
    at: callerLocation(),
  })
}
