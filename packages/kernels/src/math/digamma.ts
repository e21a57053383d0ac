/**
 * ψ(x) = Γ′(x)/Γ(x). From 2 on ψ(x) = log x − 1/(2x) − G(1/x²)/x², where G stands for the asymptotic series (Abramowitz &
 * Stegun 1964, 6.3.18); from 1 to 2 (x − x₀)·Q(x) with the zero x₀ in two parts; below 1 ψ(x) = ψ(x + 1) − 1/x. G and Q
 * interpolate at Chebyshev nodes: errors below 5e−17 of ψ. Below 0, ψ(x) = ψ(1 − x) − π·cot πx (6.3.7), which has its
 * error in units of the larger of these terms. f32 goes by way of f64.
 *
 * −∞ at +0, ∞ at −0, NaN at −1, −2, … and at −∞. Largest errors found: 0.50 ulp in f32; in f64 1.88 ulp, below 0
 * 3.03 (`special.test.ts`).
 */
import type { FloatVectors } from './float-vectors.js'
import { log } from './log.js'
import { halfTurns, reflected } from './reflection.js'
import type { V } from './vectors.js'
import { inDouble } from './wide.js'

/** ψ(x) / (x − x₀) in powers of x − 3/2. */
const NEAR = [
  0.9510558760318328, -0.4236274212814606, 0.24054248424078697, -0.14840492305388092, 0.09498872445289039,
  -0.06192213327548831, 0.040760833940846085, -0.026975796659787055, 0.017907248317313294,
  -0.011908220105959716, 0.007927021796868154, -0.005279937255532708, 0.003518106563802472,
  -0.0023454947397380833, 0.0015633696313653504, -0.0010364584817312839, 0.0006909255761282986,
  -0.00048595039220036254, 0.00032395945401345196, -0.00014480643368061614, 9.653646261410062e-5,
  -0.0001782188548855923, 0.00011881232908510335,
]
/** G in powers of 1/x² − 1/8. */
const FAR = [
  0.08234693724440534, -0.0074941634740464036, 0.0028696993889608274, -0.002098882246815661,
  0.0022840997802940975, -0.003268915857535332, 0.005722465244424579, -0.011698508593346662,
  0.027038175355917418, -0.06815253310254438, 0.18779561182055662, -0.6646764066016358, 2.2065634671041146,
  -0.12400518800383972, -4.097724223369104, -246.55417265976055, 1004.1765132997648,
]
const ZERO = { high: 1.4616321449683622, low: 9.549995429965697e-17 }

/** Derivative of the logarithm of the gamma function. */
export const digamma = (m: FloatVectors, x: V): V => inDouble(m, [x], digammaOf)

function digammaOf(m: FloatVectors, x: V): V {
  const { y, below } = reflected(m, x)
  const out = m.variable(positive(m, y), x)
  m.f.if(m.any(below), () => {
    const { sine, cosine, negative, whole } = halfTurns(m, x)
    const size = m.mul(m.constant(Math.PI), m.div(cosine, sine))
    const value = m.add(out, m.select(negative, size, m.neg(size)))
    m.assign(out, m.select(below, m.or(value, whole), out))
  })
  return out
}

function positive(m: FloatVectors, y: V): V {
  const [zero, one, half] = [0, 1, 0.5].map(c => m.constant(c)) as [V, V, V]
  const small = m.less(y, one)
  const reciprocal = m.div(one, y)

  // Below 1 everything is one place further, which y + 1 would round.
  const choice = (at: number) => m.select(small, m.constant(at - 1), m.constant(at))
  const distance = m.sub(m.sub(y, choice(ZERO.high)), m.constant(ZERO.low))
  const near = m.mul(distance, m.polynomial(m.sub(y, choice(1.5)), NEAR))

  const square = m.mul(reciprocal, reciprocal)
  const series = m.polynomial(m.sub(square, m.constant(0.125)), FAR)
  const far = m.sub(log(m, y), m.madd(square, series, m.mul(half, reciprocal)))
  const large = m.greaterEqual(y, m.constant(2))
  return m.select(large, far, m.sub(near, m.select(small, reciprocal, zero)))
}
