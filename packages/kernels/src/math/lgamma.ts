/**
 * log |Γ(x)|. From 8 on by Stirling's series, (x − ½)(log x − 1) + ½·log 2π − ½ + Σ B₂ₖ/(2k(2k − 1)x²ᵏ⁻¹) (Abramowitz &
 * Stegun 1964, 6.1.40). Below, Γ(x + 1) = x·Γ(x) leads to 5/4 … 9/4, where log Γ(y) = (y − 2)·P(y): P interpolates at
 * Chebyshev nodes, relative error below 2e−16. Nothing cancels much on the way, so that the zeros at 1 and 2 have all
 * their digits. Below 0, log |Γ(x)| = log(π / |sin πx|) − log Γ(1 − x) (6.1.17), which has its error in units of the
 * larger of these terms: near the zeros there, it is only absolutely small. f32 goes by way of f64.
 *
 * ∞ at 0, −1, −2, … and at ±∞. Largest errors found: 0.50 ulp in f32, 2.72 ulp in f64 (`special.test.ts`).
 */
import type { FloatVectors } from './float-vectors.js'
import { log } from './log.js'
import { halfTurns, reflected } from './reflection.js'
import type { V } from './vectors.js'
import { inDouble } from './wide.js'

/** log Γ(y) / (y − 2) in powers of y − 7/4. */
const NEAR = [
  0.3376044840819422, 0.36052812214032426, -0.08609125122636119, 0.030229978825824396, -0.01247168001121724,
  0.0056067248307645895, -0.0026545437204075492, 0.0013001093262531979, -0.00065189321760162,
  0.00033250395056263793, -0.00017180475341275868, 8.967152973619217e-5, -4.7167361582436495e-5,
  2.4984751421705352e-5, -1.3403408371559853e-5, 7.174859076093071e-6, -3.534812996967893e-6,
  1.9046917046709517e-6, -1.6353063437447517e-6, 8.890417043351835e-7,
]
/** B₂ₖ/(2k(2k − 1)). */
const STIRLING = [
  0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953,
  0.0008417508417508417, -0.0019175269175269176, 0.00641025641025641, -0.029550653594771242,
  0.17964437236883057, -1.3924322169059011,
]
/** ½·log 2π − ½ */
const OFFSET = 0.4189385332046727
const LARGE = 8
const [LOWER, UPPER] = [1.25, 2.25]

/** Logarithm of the absolute value of the gamma function. */
export const lgamma = (m: FloatVectors, x: V): V => inDouble(m, [x], lgammaOf)

function lgammaOf(m: FloatVectors, x: V): V {
  const { y, below } = reflected(m, x)
  const out = m.variable(positive(m, y), x)
  m.f.if(m.any(below), () => {
    const { sine, whole } = halfTurns(m, x)
    const reflection = log(m, m.div(m.constant(Math.PI), sine))
    const infinite = m.or(whole, m.equal(x, m.constant(-Infinity)))
    const value = m.select(infinite, m.constant(Infinity), m.sub(reflection, out))
    m.assign(out, m.select(below, value, out))
  })
  return out
}

function positive(m: FloatVectors, y: V): V {
  const [one, two, lower, upper] = [1, 2, LOWER, UPPER].map(c => m.constant(c)) as [V, V, V, V]
  const large = m.greaterEqual(y, m.constant(LARGE))

  // Up, once or twice: z = y + n − 2, from y itself, as y + n may be rounded.
  const [short, tiny] = [m.less(y, lower), m.less(y, m.constant(LOWER - 1))]
  const up = m.select(tiny, m.mul(y, m.add(y, one)), y)
  const risen = m.select(tiny, y, m.sub(y, one))
  // Down, up to six times.
  let [base, down] = [y, one]
  for (let k = 0; k < LARGE - UPPER; k++) {
    const over = m.greater(base, upper)
    base = m.select(over, m.sub(base, one), base)
    down = m.select(over, m.mul(down, base), down)
  }
  const z = m.select(short, risen, m.sub(base, two))
  const near = m.mul(z, m.polynomial(m.add(z, m.constant(2 - (LOWER + UPPER) / 2)), NEAR))

  const logarithm = log(m, m.select(large, y, m.select(short, up, down)))
  const small = m.add(near, m.select(short, m.neg(logarithm), logarithm))
  const reciprocal = m.div(one, y)
  const series = m.madd(reciprocal, m.polynomial(m.mul(reciprocal, reciprocal), STIRLING), m.constant(OFFSET))
  const stirling = m.madd(m.sub(y, m.constant(0.5)), m.sub(logarithm, one), series)
  return m.select(large, stirling, small)
}
