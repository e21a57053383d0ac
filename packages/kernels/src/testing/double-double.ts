/**
 * Elementary functions in double-double arithmetic (Dekker 1971; Hida, Li & Bailey 2001), about 100 bits, by Taylor
 * series after exact reduction: references for f64 results. Slow.
 */

/** The number (high + low)·2^exponent; `low` is below half a unit in the last place of `high`. */
export interface Precise {
  readonly high: number
  readonly low: number
  readonly exponent: number
}

/** high + low. */
export type Pair = readonly [high: number, low: number]

/** Exactly. */
export const twoSum = (a: number, b: number): Pair => {
  const sum = a + b
  const part = sum - a
  return [sum, a - (sum - part) + (b - part)]
}

const upper = (a: number): number => {
  const scaled = a * (2 ** 27 + 1)
  return scaled - (scaled - a)
}

/** Exactly. */
export const twoProduct = (a: number, b: number): Pair => {
  const product = a * b
  const [aUp, bUp] = [upper(a), upper(b)]
  const [aDown, bDown] = [a - aUp, b - bUp]
  return [product, aUp * bUp - product + aUp * bDown + aDown * bUp + aDown * bDown]
}

/** Of pairs, to about 100 bits. */
export const add = (a: Pair, b: Pair): Pair => {
  const [sum, error] = twoSum(a[0], b[0])
  return twoSum(sum, error + a[1] + b[1])
}

/** −a. */
export const negative = (a: Pair): Pair => [-a[0], -a[1]]

/** Of pairs, to about 100 bits. */
export const mul = (a: Pair, b: Pair): Pair => {
  const [product, error] = twoProduct(a[0], b[0])
  return twoSum(product, error + a[0] * b[1] + a[1] * b[0])
}

/** Of pairs, to about 100 bits. */
export const div = (a: Pair, b: Pair): Pair => {
  const first = a[0] / b[0]
  const rest = add(a, negative(mul([first, 0], b)))
  return twoSum(first, rest[0] / b[0])
}

/** Of pairs, to about 100 bits. */
export const scale = (a: Pair, exponent: number): Pair => [a[0] * 2 ** exponent, a[1] * 2 ** exponent]

/** ln 2. */
export const LN2: Pair = [Math.LN2, 2.3190468138462996e-17]
const TERMS = 30

/** Reciprocals of the factorials, 1/0! first. */
const reciprocals: Pair[] = [[1, 0]]
for (let k = 1; k <= TERMS; k++) reciprocals.push(div(reciprocals[k - 1] as Pair, [k, 0]))

/** Σ from k = first of x^(k − first)·coefficient(k)/k!. */
function series(x: Pair, first: number, coefficient: (k: number) => number): Pair {
  let sum: Pair = [0, 0]
  for (let k = TERMS; k >= first; k--) {
    const c = coefficient(k)
    sum = mul(sum, x)
    if (c !== 0) sum = add(sum, c > 0 ? (reciprocals[k] as Pair) : negative(reciprocals[k] as Pair))
  }
  return sum
}

/** exp(x) − 1 for |x| ≤ ½. */
export const expm1Near = (x: Pair): Pair =>
  mul(
    x,
    series(x, 1, () => 1),
  )

/** Beyond this exp is 0 or ∞ in every dtype. */
const LARGEST = 800

/** exp(x + low) as pair·2^exponent. */
export function expPair(argument: number, low = 0): { pair: Pair; exponent: number } {
  const x = Math.max(-LARGEST, Math.min(LARGEST, argument))
  const exponent = Math.round(x / LN2[0])
  const r = add([x, low], negative(mul([exponent, 0], LN2)))
  return { pair: add([1, 0], expm1Near(r)), exponent }
}

/** A pair as a result. */
export const precise = ([high, low]: Pair, exponent = 0): Precise => ({ high, low, exponent })

/** exp(x). */
export function exp(x: number): Precise {
  const { pair, exponent } = expPair(x)
  return precise(pair, exponent)
}

/** One Newton step from Math.log, on exp(y) − 1 where y is small. */
export function log(x: number): Precise {
  const y = Math.log(x)
  if (Math.abs(y) < 0.3) {
    const e = expm1Near([y, 0])
    const step = div(add(twoSum(x, -1), negative(e)), add([1, 0], e))
    return precise(add([y, 0], step))
  }
  const { pair, exponent } = expPair(y)
  const half = Math.trunc(exponent / 2)
  const scaled = x * 2 ** -half * 2 ** (half - exponent)
  return precise(add([y, 0], div(add([scaled, 0], negative(pair)), pair)))
}

/** tanh(x). */
export function tanh(x: number): Precise {
  const y = Math.abs(x)
  const sign = x < 0 ? -1 : 1
  if (y > 25) return precise([sign, 0])
  const e = y < 0.25 ? expm1Near([2 * y, 0]) : add(expFull(2 * y), [-1, 0])
  const [high, low] = div(e, add(e, [2, 0]))
  return precise([sign * high, sign * low])
}

const expFull = (x: number): Pair => {
  const { pair, exponent } = expPair(x)
  return scale(pair, exponent)
}

/** 1 / (1 + exp(−x)). */
export function sigmoid(x: number): Precise {
  if (x >= 0) return precise(div([1, 0], add([1, 0], expFull(-x))))
  const { pair, exponent } = expPair(x)
  return precise(div(pair, add([1, 0], expFull(x))), exponent)
}

/** Fixed point with this many bits after the point: enough for the fraction of any f64 times 2/π. */
const FRACTION_BITS = 1400n

/** arctan(1/n) in fixed point. */
function arctanOfReciprocal(n: bigint): bigint {
  let power = (1n << FRACTION_BITS) / n
  let sum = power
  for (let k = 3n; power !== 0n; k += 2n) {
    power /= -(n * n)
    sum += power / k
  }
  return sum
}

/** π/2 by Machin's formula. */
const HALF_PI = 2n * (4n * arctanOfReciprocal(5n) - arctanOfReciprocal(239n))

const view = new DataView(new ArrayBuffer(8))

/** x = quadrant·π/2 + r, exactly in integers. */
function reduce(x: number): { r: Pair; quadrant: number } {
  view.setFloat64(0, Math.abs(x))
  const raw = view.getBigUint64(0)
  const field = raw >> 52n
  const integer = (raw & ((1n << 52n) - 1n)) | (field === 0n ? 0n : 1n << 52n)
  const shift = (field === 0n ? 1n : field) - 1075n + FRACTION_BITS
  const fixed = shift >= 0n ? integer << shift : integer >> -shift
  const quadrant = (2n * fixed + HALF_PI) / (2n * HALF_PI)
  const rest = fixed - quadrant * HALF_PI
  const high = fixedToNumber(rest)
  const low = fixedToNumber(rest - numberToFixed(high))
  return { r: [high, low], quadrant: Number(quadrant & 3n) }
}

/** A fixed-point number above 2⁻¹⁰⁰⁰, rounded. */
function fixedToNumber(fixed: bigint): number {
  const size = fixed < 0n ? -fixed : fixed
  const drop = BigInt(Math.max(0, size.toString(2).length - 64))
  const value = Number(size >> drop) * 2 ** Number(drop - FRACTION_BITS)
  return fixed < 0n ? -value : value
}

function numberToFixed(x: number): bigint {
  view.setFloat64(0, x)
  const raw = view.getBigUint64(0)
  const field = (raw >> 52n) & 0x7ffn
  if (field === 0n) return 0n
  const shift = field - 1075n + FRACTION_BITS
  const integer = (raw & ((1n << 52n) - 1n)) | (1n << 52n)
  const size = shift >= 0n ? integer << shift : integer >> -shift
  return x < 0 ? -size : size
}

/** sin r for |r| ≤ π/2. */
export const sinNear = (r: Pair): Pair =>
  mul(
    r,
    series(r, 1, k => (k % 2 === 0 ? 0 : k % 4 === 1 ? 1 : -1)),
  )
/** cos r for |r| ≤ π/4. */
const cosNear = (r: Pair): Pair => series(r, 0, k => (k % 2 === 1 ? 0 : k % 4 === 0 ? 1 : -1))

/** sin(|x| + quarterTurns·π/2). */
export const turned = (x: number, quarterTurns: number): Pair => {
  if (Math.abs(x) < 2 ** -200) return quarterTurns === 0 ? [Math.abs(x), 0] : [1, 0]
  const { r, quadrant } = reduce(x)
  const turn = (quadrant + quarterTurns) % 4
  const value = turn % 2 === 0 ? sinNear(r) : cosNear(r)
  return turn < 2 ? value : negative(value)
}

/** sin(x), for any finite x. */
export function sin(x: number): Precise {
  const value = turned(x, 0)
  return precise(x < 0 ? negative(value) : value)
}

/** cos(x), for any finite x. */
export const cos = (x: number): Precise => precise(turned(x, 1))
