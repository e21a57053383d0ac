/** More references in double-double arithmetic: hyperbolic functions, angles, and their inverses. */
import {
  add,
  div,
  expPair,
  LN2,
  log,
  mul,
  negative,
  type Pair,
  type Precise,
  precise,
  scale,
  turned,
  twoProduct,
  twoSum,
} from './double-double.js'
import { expm1Pair } from './powers.js'

/** sinh y and cosh y − 1, for results that do not overflow. */
function hyperbolic(y: number): { sinh: Pair; cosh1: Pair } {
  const e = expm1Pair(Math.abs(y))
  const quotient = div(e, add([1, 0], e))
  const sinh = scale(add(e, quotient), -1)
  return { sinh: y < 0 ? negative(sinh) : sinh, cosh1: scale(mul(e, quotient), -1) }
}

const halfExp = (x: number): Precise => {
  const { pair, exponent } = expPair(x)
  return precise(pair, exponent - 1)
}

/** sinh(x). */
export function sinh(x: number): Precise {
  if (Math.abs(x) < 100) return precise(hyperbolic(x).sinh)
  const { high, low, exponent } = halfExp(Math.abs(x))
  return precise(x < 0 ? [-high, -low] : [high, low], exponent)
}

/** cosh(x). */
export const cosh = (x: number): Precise =>
  Math.abs(x) < 100 ? precise(add([1, 0], hyperbolic(x).cosh1)) : halfExp(Math.abs(x))

const twice = (x: number): Pair => {
  const { high, low } = log(x)
  return add([high, low], LN2)
}

/** The inverse of sinh by one Newton step from the host's. */
export function asinh(x: number): Precise {
  const y = Math.asinh(Math.abs(x))
  const sign = x < 0 ? -1 : 1
  const size = Math.abs(x) > 2 ** 100 ? twice(Math.abs(x)) : undefined
  const { sinh, cosh1 } = hyperbolic(size ? 0 : y)
  const [high, low] = size ?? add([y, 0], div(add([Math.abs(x), 0], negative(sinh)), add([1, 0], cosh1)))
  return precise([sign * high, sign * low])
}

/** The inverse of cosh by one Newton step from the host's. */
export function acosh(x: number): Precise {
  if (x === 1) return precise([0, 0])
  if (x > 2 ** 100) return precise(twice(x))
  const y = Math.acosh(x)
  const { sinh, cosh1 } = hyperbolic(y)
  return precise(add([y, 0], div(add(twoSum(x, -1), negative(cosh1)), sinh)))
}

/** The inverse of tanh by one Newton step from the host's: (x·cosh y − sinh y)·cosh y. */
export function atanh(x: number): Precise {
  const y = Math.atanh(x)
  const { sinh, cosh1 } = hyperbolic(y)
  const cosh = add([1, 0], cosh1)
  return precise(add([y, 0], mul(add(mul([x, 0], cosh), negative(sinh)), cosh)))
}

const sinCos = (x: number): { sin: Pair; cos: Pair } => {
  const sin = turned(x, 0)
  return { sin: x < 0 ? negative(sin) : sin, cos: turned(x, 1) }
}

/** tan(x). */
export function tan(x: number): Precise {
  const { sin, cos } = sinCos(x)
  return precise(div(sin, cos))
}

const sqrtPair = (a: Pair): Pair => {
  const root = Math.sqrt(a[0])
  if (root === 0) return [0, 0]
  const rest = add(a, negative(twoProduct(root, root)))
  return add([root, 0], [rest[0] / (2 * root), 0])
}

/** The angle of a point by one Newton step from the host's. */
function angle(y: Pair, x: Pair): Precise {
  const guess = Math.atan2(y[0], x[0])
  const { sin, cos } = sinCos(guess)
  const across = add(mul(y, cos), negative(mul(x, sin)))
  const along = add(mul(x, cos), mul(y, sin))
  return precise(add([guess, 0], div(across, along)))
}

/** √(1 − x²) */
const other = (x: number): Pair => sqrtPair(mul(twoSum(1, -x), twoSum(1, x)))

/** The inverse of sin. */
export const asin = (x: number): Precise => angle([x, 0], other(x))
/** The inverse of cos. */
export const acos = (x: number): Precise => angle(other(x), [x, 0])
/** The inverse of tan. */
export const atan = (x: number): Precise =>
  Math.abs(x) > 2 ** 40 ? angle([Math.sign(x), 0], [1 / Math.abs(x), 0]) : angle([x, 0], [1, 0])
/** The angle of the point (x, y). */
export const atan2 = (y: number, x: number): Precise => angle([y, 0], [x, 0])
