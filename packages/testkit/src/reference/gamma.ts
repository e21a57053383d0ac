/** The gamma function's logarithm and its derivatives by series, and the inverse error function by Newton's method. */
import { erf, erfc } from './error-function.js'

const EULER = 0.5772156649015329

/** Σ over k ≥ 0 of (x + k)⁻ˢ: the first terms, and the integral of the others with its corrections. */
function hurwitz(s: number, x: number): number {
  const terms = 400
  const t = x + terms
  let sum = t ** (1 - s) / (s - 1) + t ** -s / 2 + (s * t ** (-s - 1)) / 12
  sum -= (s * (s + 1) * (s + 2) * t ** (-s - 3)) / 720
  for (let k = terms - 1; k >= 0; k--) sum += (x + k) ** -s
  return sum
}

/** ζ(k) − 1 for k = 0, 1, …, from k = 2 on. */
const zetas = Array.from({ length: 60 }, (_, k) => (k < 2 ? Number.NaN : hurwitz(k, 2)))

/** Σ from k = 2 of (ζ(k) − 1)·term(k), from the end. */
const series = (term: (k: number) => number): number =>
  zetas.reduceRight((sum, zeta, k) => (k < 2 ? sum : sum + zeta * term(k)), 0)

/** log |Γ(x)| */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Number.POSITIVE_INFINITY
  if (x < 0) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x - Math.round(x))))) - lgamma(1 - x)
  if (x > 20) {
    const tail = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7)
    return (x - 0.5) * (Math.log(x) - 1) + (Math.log(2 * Math.PI) / 2 - 0.5) + tail
  }
  if (x < 0.5) return lgamma(x + 2) - Math.log(x * (x + 1))
  // log Γ(2 + z) = (1 − γ)z + Σ (ζ(k) − 1)(−z)ᵏ/k
  const near = (z: number) => (1 - EULER) * z + series(k => (-z) ** k / k)
  if (x < 1.4) return near(x - 1) - Math.log(x)
  let [y, product] = [x, 1]
  while (y > 2.5) {
    y -= 1
    product *= y
  }
  return near(y - 2) + Math.log(product)
}

/** ψ(x) = Γ′(x)/Γ(x) */
export function digamma(x: number): number {
  if (x === 0) return -1 / x
  if (x < 0) {
    const r = x - Math.round(x)
    return r === 0 || Number.isNaN(r) ? Number.NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * r)
  }
  if (x > 20) {
    const square = x * x
    return Math.log(x) - 1 / (2 * x) - (1 / 12 - (1 / 120 - 1 / (252 * square)) / square) / square
  }
  if (x < 1) return digamma(x + 1) - 1 / x
  let [y, sum] = [x, 0]
  while (y > 2.5) {
    y -= 1
    sum += 1 / y
  }
  // ψ(2 + z) = 1 − γ + Σ (ζ(k) − 1)(−1)ᵏ·zᵏ⁻¹
  return 1 - EULER + series(k => (-1) ** k * (y - 2) ** (k - 1)) + sum
}

/** ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹·n!·Σ (x + k)⁻ⁿ⁻¹ for x > 0. */
export function polygamma(x: number, order: number): number {
  let factorial = order % 2 === 1 ? 1 : -1
  for (let k = 2; k <= order; k++) factorial *= k
  return factorial * hurwitz(order + 1, x)
}

/** The number whose error function is x. */
export function erfinv(x: number): number {
  if (!(Math.abs(x) < 1)) return Math.abs(x) === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN
  if (Math.abs(x) < 1e-8) return (x * Math.sqrt(Math.PI)) / 2
  const size = Math.abs(x)
  let y = 0
  for (let step = 0; step < 200; step++) {
    const rest = size < 0.5 ? size - erf(y) : erfc(y) - (1 - size)
    // Convex on this side, so that steps never pass the root.
    y += (rest * Math.sqrt(Math.PI) * Math.exp(y * y)) / 2
  }
  return Math.sign(x) * y
}
