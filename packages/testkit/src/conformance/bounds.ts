/** Largest error allowed in f32 and in f64, in units in the last place. */
export type Bound = readonly [f32: number, f64: number]

/** One rounding of the exact result; in f64 the reference rounds likewise. */
export const ROUNDED: Bound = [0.5, 0]
/** No rounding at all. */
export const EXACT: Bound = [0, 0]

/**
 * Errors in units in the last place of the result. In f64 the reference is the host's own function, whose error of
 * less than one unit comes on top.
 */
export const elementwiseBounds: Readonly<Record<string, Bound>> = {
  add: ROUNDED,
  sub: ROUNDED,
  mul: ROUNDED,
  div: ROUNDED,
  neg: EXACT,
  square: ROUNDED,
  exp: [1, 2],
  log: [1, 2],
  exp2: [1, 2],
  expm1: [2, 3],
  log2: [1, 2],
  log10: [1, 2],
  log1p: [1, 2],
  erf: [1, 6],
  erfc: [4, 12],
  erfinv: [3, 24],
  lgamma: [1, 8],
  digamma: [1, 12],
  softplus: [2, 3],
  sqrt: ROUNDED,
  rsqrt: [1.5, 0],
  reciprocal: ROUNDED,
  cbrt: [1, 2],
  pow: [0.6, 2],
  hypot: [1.5, 2],
  abs: EXACT,
  flushSubnormals: EXACT,
  sign: EXACT,
  floor: EXACT,
  ceil: EXACT,
  round: EXACT,
  trunc: EXACT,
  mod: ROUNDED,
  sin: [1, 2],
  cos: [1, 2],
  tan: [1, 3],
  asin: [2, 2],
  acos: [2, 2],
  atan: [2, 2],
  atan2: [2, 2],
  sinh: [2, 2],
  cosh: [2, 2],
  tanh: [2, 2],
  asinh: [2, 2],
  acosh: [2, 2],
  atanh: [2, 2],
  sigmoid: [2, 3],
  relu: EXACT,
  maximum: EXACT,
  minimum: EXACT,
  equal: EXACT,
  notEqual: EXACT,
  less: EXACT,
  lessEqual: EXACT,
  greater: EXACT,
  greaterEqual: EXACT,
  isFinite: EXACT,
  isNaN: EXACT,
  logicalAnd: EXACT,
  logicalOr: EXACT,
  logicalXor: EXACT,
  logicalNot: EXACT,
}

/**
 * Errors of sums of n terms, in units in the last place of Σ |term|. A term passes log₂ n + 1 additions in a pairwise
 * sum, half a unit each; the plain sum of the reference, which counts in f64, is off by √n/2 (Higham 2002, §4.2: the
 * bound is n/2, rounding errors being random make it √n).
 */
export const sumBound = (terms: number): Bound => {
  const pairwise = Math.log2(Math.max(2, terms)) / 2 + 0.5
  return [pairwise, pairwise + Math.sqrt(terms) / 2]
}

/** Errors of products of matrices and filters: n products, rounded or fused, and a plain sum on both sides. */
export const productBound = (terms: number): Bound => [Math.sqrt(terms) / 2 + 1, Math.sqrt(terms) + 1]
