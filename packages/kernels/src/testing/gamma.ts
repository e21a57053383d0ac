/** The gamma function's logarithm and its derivatives, and the inverse error function, in double-double arithmetic. */
import {
  add,
  div,
  log,
  mul,
  negative,
  type Pair,
  type Precise,
  precise,
  scale,
  sinNear,
} from './double-double.js'
import { erf, erfc } from './errors.js'

const PI: Pair = [Math.PI, 1.2246467991473532e-16]
const HALF_LOG_TWO_PI: Pair = [0.9189385332046728, -3.8782941580672414e-17]
const EULER: Pair = [0.5772156649015329, -4.942915152430645e-18]
const HALF_ROOT_PI: Pair = [0.886226925452758, -3.8332932499128993e-17]

/** B₂, B₄, … */
const BERNOULLI: readonly Pair[] = (
  [
    [1, 6],
    [-1, 30],
    [1, 42],
    [-1, 30],
    [5, 66],
    [-691, 2730],
    [7, 6],
    [-3617, 510],
    [43867, 798],
    [-174611, 330],
    [854513, 138],
    [-236364091, 2730],
  ] as const
).map(([top, bottom]) => div([top, 0], [bottom, 0]))

/** From here on asymptotic series have more digits than a pair. */
const LARGE = 40

const logOf = ([high, low]: Pair): Pair => {
  const { high: first, low: second } = log(high)
  return add([first, second], [low / high, 0])
}

const inverse = (x: Pair): Pair => div([1, 0], x)

/** x, x + 1, … below LARGE, and the first that is not. */
function ladder(x: number): { rungs: Pair[]; top: Pair } {
  const rungs: Pair[] = []
  let top: Pair = [x, 0]
  while (top[0] < LARGE) {
    rungs.push(top)
    top = add([rungs.length, 0], [x, 0])
  }
  return { rungs, top }
}

/** log Γ(x) for x > 0. */
function logGamma(x: number): Pair {
  for (const zero of [1, 2]) {
    const z = x - zero
    if (Math.abs(z) > 1e-6) continue
    // log Γ(1 + z) = −γz + ζ(2)z²/2 − …, log Γ(2 + z) = log Γ(1 + z) + log(1 + z)
    const first = zero === 1 ? negative(EULER) : add([1, 0], negative(EULER))
    const second = (Math.PI ** 2 / 6 - (zero - 1)) / 2
    const third = (1.2020569031595942 - (zero - 1)) / 3
    return mul([z, 0], add(first, [z * (second - z * third), 0]))
  }
  const { rungs, top } = ladder(x)
  const logs = rungs.length === 0 ? [] : [logOf(rungs[0] as Pair), logOf(rungs.slice(1).reduce(mul, [1, 0]))]
  const reciprocal = inverse(top)
  let sum = add(mul(add(top, [-0.5, 0]), logOf(top)), add(negative(top), HALF_LOG_TWO_PI))
  let power = reciprocal
  BERNOULLI.forEach((b, k) => {
    sum = add(sum, mul(div(b, [(2 * k + 2) * (2 * k + 1), 0]), power))
    power = mul(power, mul(reciprocal, reciprocal))
  })
  return logs.reduce((rest, part) => add(rest, negative(part)), sum)
}

/** ψ(x) for x > 0. */
function psi(x: number): Pair {
  const { rungs, top } = ladder(x)
  const reciprocal = inverse(top)
  let sum = add(logOf(top), negative(scale(reciprocal, -1)))
  const square = mul(reciprocal, reciprocal)
  let power = square
  BERNOULLI.forEach((b, k) => {
    sum = add(sum, negative(mul(div(b, [2 * k + 2, 0]), power)))
    power = mul(power, square)
  })
  return rungs.toReversed().reduce((rest, rung) => add(rest, negative(inverse(rung))), sum)
}

const powerOf = (x: Pair, n: number): Pair => Array.from({ length: n }, () => x).reduce(mul, [1, 0])

/** n!·ζ(n + 1, x) for x > 0. */
function scaledZeta(x: number, n: number): Pair {
  const { rungs, top } = ladder(x)
  const t = inverse(top)
  let factorial = 1
  for (let k = 2; k < n; k++) factorial *= k
  // (n − 1)!·(tⁿ + n·tⁿ⁺¹/2 + Σ B₂ₖ/(2k)!·(n)(n + 1)…(n + 2k − 1)·tⁿ⁺²ᵏ)
  let sum = add(powerOf(t, n), mul([n / 2, 0], powerOf(t, n + 1)))
  let factor: Pair = powerOf(t, n)
  BERNOULLI.forEach((b, k) => {
    const [i, j] = [2 * k + 1, 2 * k + 2]
    factor = mul(factor, mul(div([(n + i - 1) * (n + j - 1), 0], [i * j, 0]), mul(t, t)))
    sum = add(sum, mul(b, factor))
  })
  sum = mul(sum, [factorial, 0])
  const whole = factorial * n
  return rungs
    .toReversed()
    .reduce((rest, rung) => add(rest, mul([whole, 0], powerOf(inverse(rung), n + 1))), sum)
}

/** log Γ(x), x > 0. */
export const lgamma = (x: number): Precise => precise(logGamma(x))

/** ψ(x), x > 0. */
export const digamma = (x: number): Precise => precise(psi(x))

/** ψ⁽ⁿ⁾(x), x > 0. */
export const polygamma = (x: number, n: number): Precise => {
  const size = scaledZeta(x, n)
  return precise(n % 2 === 1 ? size : negative(size))
}

/** sin πr and cos πr for |r| ≤ ½. */
const turn = (r: number) => ({
  sine: sinNear(mul(PI, [r, 0])),
  cosine: sinNear(mul(PI, add([0.5, 0], [-Math.abs(r), 0]))),
})

/** A value below 0 by reflection, and the largest of it and the two terms that it is made of. */
export interface Reflected {
  readonly exact: Precise
  readonly scale: number
}

function combined(first: Pair, second: Pair): Reflected {
  const sum = add(first, second)
  return { exact: precise(sum), scale: Math.max(...[first, second, sum].map(([high]) => Math.abs(high))) }
}

/** Γ and its relatives at x < 0 that is no integer and has a 1 − x that is exact. */
export const reflections = {
  lgamma(x: number): Reflected {
    const { sine } = turn(x - Math.round(x))
    const size = sine[0] < 0 ? negative(sine) : sine
    return combined(logOf(div(PI, size)), negative(logGamma(1 - x)))
  },
  digamma(x: number): Reflected {
    const { sine, cosine } = turn(x - Math.round(x))
    return combined(negative(mul(PI, div(cosine, sine))), psi(1 - x))
  },
  /** n = 1: π²/sin² πx − ψ′(1 − x) */
  trigamma(x: number): Reflected {
    const { sine } = turn(x - Math.round(x))
    return combined(powerOf(div(PI, sine), 2), negative(scaledZeta(1 - x, 1)))
  },
  /** n = 2: −2π³·cos πx / sin³ πx − 2ζ(3, 1 − x) */
  tetragamma(x: number): Reflected {
    const { sine, cosine } = turn(x - Math.round(x))
    return combined(mul([-2, 0], mul(cosine, powerOf(div(PI, sine), 3))), negative(scaledZeta(1 - x, 2)))
  },
}

/** A result as one number. */
export const numberOf = ({ high, exponent }: Precise) => high * 2 ** exponent

/** erf⁻¹(x) for |x| < 1: Newton's method from the approximation of Winitzki (2008), the last step in pairs. */
export function erfinv(x: number): Precise {
  const size = Math.abs(x)
  if (size < 1e-9) return precise(mul([x * 2 ** 600, 0], HALF_ROOT_PI), -600)
  const l = Math.log((1 - size) * (1 + size))
  const a = 2 / (Math.PI * 0.147) + l / 2
  let y = Math.sqrt(Math.sqrt(a * a - l / 0.147) - a)
  // Of erf(y) = x, or of erfc(y) = 1 − x where that is small.
  const rest = (y: number): Pair => {
    const { high, low, exponent } = size < 0.5 ? erf(y) : erfc(y)
    const value = scale([high, low], exponent)
    return size < 0.5 ? add([size, 0], negative(value)) : add(value, [size - 1, 0])
  }
  const step = (y: number): Pair => mul(mul(rest(y), HALF_ROOT_PI), [Math.exp(y * y), 0])
  for (let k = 0; k < 6; k++) y += step(y)[0]
  const root = add([y, 0], step(y))
  return precise(x < 0 ? negative(root) : root)
}
