/** More references in double-double arithmetic: exponentials, logarithms and powers. */
import {
  add,
  div,
  expm1Near,
  expPair,
  LN2,
  log,
  mul,
  negative,
  type Pair,
  type Precise,
  precise,
  scale,
  twoProduct,
} from './double-double.js'

/** exp(x) − 1 as a pair, for exp(x) that does not overflow. */
export function expm1Pair(x: number): Pair {
  if (Math.abs(x) < 0.5) return expm1Near([x, 0])
  const { pair, exponent } = expPair(x)
  return add(scale(pair, exponent), [-1, 0])
}

/** exp(x) − 1. */
export function expm1(x: number): Precise {
  if (x < 100) return precise(expm1Pair(Math.max(x, -100)))
  const { pair, exponent } = expPair(x)
  return precise(pair, exponent)
}

/** 2ˣ. */
export function exp2(x: number): Precise {
  const bounded = Math.max(-2000, Math.min(2000, x))
  const n = Math.round(bounded)
  return precise(add([1, 0], expm1Near(mul([bounded - n, 0], LN2))), n)
}

const pairOf = ({ high, low }: Precise): Pair => [high, low]

/** log(1 + x) by one Newton step from the host's. */
export function log1p(x: number): Precise {
  if (x > 2 ** 120) return log(x)
  const y = Math.log1p(x)
  const e = expm1Pair(y)
  return precise(add([y, 0], div(add([x, 0], negative(e)), add([1, 0], e))))
}

/** Logarithm to the base 2. */
export const log2 = (x: number): Precise => precise(div(pairOf(log(x)), LN2))

/** Logarithm to the base 10. */
export const log10 = (x: number): Precise => precise(div(pairOf(log(x)), pairOf(log(10))))

/** The cube root by one Newton step from the host's. */
export function cbrt(x: number): Precise {
  if (x === 0) return precise([x, 0])
  const exponent = Math.trunc(Math.log2(Math.abs(x)) / 3)
  const half = Math.trunc((3 * exponent) / 2)
  const scaled = x * 2 ** -half * 2 ** (half - 3 * exponent)
  const y = Math.cbrt(scaled)
  const square = twoProduct(y, y)
  const rest = add([scaled, 0], negative(mul(square, [y, 0])))
  return precise(add([y, 0], div(rest, mul(square, [3, 0]))), exponent)
}

/** x to the power of y, for x > 0. */
export function pow(x: number, y: number): Precise {
  const [high, low] = mul(pairOf(log(x)), [y, 0])
  const { pair, exponent } = expPair(high, low)
  return precise(pair, exponent)
}
