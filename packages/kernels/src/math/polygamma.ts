/**
 * ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹·n!·ζ(n + 1, x), Hurwitz' zeta function by the formula of Euler and Maclaurin: with s = n + 1,
 * ζ(s, x) = Σ (x + k)⁻ˢ for k < K, and with t = x + K
 * + t¹⁻ˢ/n + t⁻ˢ/2 + Σ B₂ₖ/(2k)!·s(s + 1)…(s + 2k − 2)·t¹⁻ˢ⁻²ᵏ (Abramowitz & Stegun 1964, 6.4.10 and 23.1.30), all terms
 * being positive but those of the last sum. Below 0, ψ⁽ⁿ⁾(x) = −n!·ζ(s, 1 − x) − π·dⁿ/dxⁿ cot πx (6.4.7), which has its
 * error in units of the larger of these terms. f32 goes by way of f64.
 *
 * At 0, −1, −2, …: ∞ for odd n; for even n NaN, but ∓∞ at ±0. Largest errors found: 0.50 ulp in f32; in f64, where they
 * grow with n as those of powers do, 2.7 for n = 1, 2.4 for n = 2, 3.5 for n = 3, 5.9 for n = 10, below 0 3.3 for n = 1
 * and 7.6 for n = 2 (`special.test.ts`).
 */
import type { FloatVectors } from './float-vectors.js'
import { halfTurns, reflected } from './reflection.js'
import type { V } from './vectors.js'
import { inDouble } from './wide.js'

/** B₂ₖ/(2k)! for k = 1, 2, … */
const EULER_MACLAURIN = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
]

/** The n-th derivative of {@link digamma}, n ≥ 1. */
export const polygamma = (m: FloatVectors, x: V, n: number): V =>
  inDouble(m, [x], (wide, y) => polygammaOf(wide, y as V, n))

function polygammaOf(m: FloatVectors, x: V, n: number): V {
  const { y, below } = reflected(m, x)
  const sum = m.mul(zeta(m, y, n), m.constant(factorial(n)))
  const out = m.variable(n % 2 === 1 ? sum : m.neg(sum), x)
  m.f.if(m.any(below), () => {
    const { sine, cosine, negative, whole } = halfTurns(m, x)
    const bend = m.mul(cotangentBend(m, cosine, n), m.constant(Math.PI ** (n + 1)))
    const size = m.div(bend, power(m, sine, n + 1))
    // The derivative is odd in the sine where n is even.
    const signed = n % 2 === 0 ? m.or(m.select(negative, m.neg(size), size), whole) : size
    m.assign(out, m.select(below, m.sub(signed, sum), out))
  })
  return out
}

/** ζ(n + 1, y). */
function zeta(m: FloatVectors, y: V, n: number): V {
  const steps = n + 10
  const one = m.constant(1)
  const large = m.greaterEqual(y, m.constant(steps))
  const t = m.select(large, y, m.add(y, m.constant(steps)))
  let rising = 1
  const terms = EULER_MACLAURIN.map((c, k) => {
    // s(s + 1)…(s + 2k − 2)
    rising *= k === 0 ? n + 1 : (n + 2 * k) * (n + 2 * k + 1)
    return c * rising
  })
  const reciprocal = m.div(one, t)
  const square = m.mul(reciprocal, reciprocal)
  const bends = m.madd(m.mul(square, m.polynomial(square, terms)), m.constant(n), one)
  const bracket = m.madd(reciprocal, m.constant(n / 2), bends)
  const sum = m.variable(m.div(bracket, m.mul(power(m, t, n), m.constant(n))), y)
  m.f.if(m.any(m.not(large)), () => {
    // From the smallest term to the largest; the last one is that of y itself, whose sign counts at ±0.
    const join = (base: V) => {
      const term = m.div(one, power(m, base, n + 1))
      m.assign(sum, m.select(large, sum, m.add(sum, term)))
    }
    const place = m.variable(m.constant(steps - 1), one)
    m.f.for(m.f.local('i32'), 1, steps, 1, () => {
      join(m.add(y, place))
      m.assign(place, m.sub(place, one))
    })
    join(y)
  })
  return sum
}

/** xⁿ by squaring, n ≥ 1. */
function power(m: FloatVectors, x: V, n: number): V {
  if (n === 1) return x
  const root = power(m, x, Math.floor(n / 2))
  const square = m.mul(root, root)
  return n % 2 === 0 ? square : m.mul(square, x)
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))

/**
 * Rₙ(cos x) with dⁿ/dxⁿ cot x = −Rₙ(cos x) / sinⁿ⁺¹ x: R₁ = 1, Rₙ₊₁(c) = −(1 − c²)·Rₙ′(c) − (n + 1)·c·Rₙ(c). Its
 * coefficients have one sign, and every other one is 0.
 */
function cotangentBend(m: FloatVectors, c: V, n: number): V {
  let coefficients = [1]
  for (let order = 1; order < n; order++) {
    const next = new Array<number>(order + 1).fill(0)
    const add = (k: number, value: number) => {
      next[k] = (next[k] as number) + value
    }
    coefficients.forEach((a, k) => {
      if (k > 0) add(k - 1, -k * a)
      add(k + 1, (k - order - 1) * a)
    })
    coefficients = next
  }
  const parity = (n + 1) % 2
  const value = m.polynomial(
    m.mul(c, c),
    coefficients.filter((_, k) => k % 2 === parity),
  )
  return parity === 1 ? m.mul(value, c) : value
}
