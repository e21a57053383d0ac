/**
 * xʸ = 2^(y·log₂|x|), the logarithm to about 65 bits: with s = f / (2 + f) and z = s² as sums of two numbers,
 * log(1 + f) = 2s·(1 + z/3 + z²·Q(z)), where Q is minimax (Remez), relative error in log(1 + f) below 2⁻⁶². Products that
 * matter are exact (`double.ts`). f32 goes by way of f64.
 *
 * Special values are those of IEEE 754 (and C): x⁰ = 1ʸ = 1 even for NaN, (−1)^±∞ = 1, NaN for negative x and
 * fractional y, odd powers keep the sign of −0 and −∞. Largest errors found: 0.51 ulp in f32, 1.05 ulp in f64
 * (`powers.test.ts`).
 */
import { type Double, fastTwoSum, twoProduct, twoSum } from './double.js'
import { exp2Of } from './exp2.js'
import type { FloatVectors } from './float-vectors.js'
import { reduceLog } from './log.js'
import type { V } from './vectors.js'
import { inDouble } from './wide.js'

/** (artanh(s)/s − 1 − z/3) / z². */
const Q = [
  0.20000000000000015, 0.14285714285668794, 0.11111111135732894, 0.09090904097443027, 0.07692789122511988,
  0.06642926671779421, 0.06457397957227684,
]
const THIRD = { high: 1 / 3, low: 1.850371707708594e-17 }
/** 2 / ln 2 */
const SCALE = { high: 2 * Math.LOG2E, low: 4.0710547481862066e-17 }
/** Beyond, y·log₂|x| is out of range for every x ≠ 1. */
const LARGEST_POWER = 2 ** 65
const RANGE = 1100

/** x to the power of y. */
export const pow = (m: FloatVectors, x: V, y: V): V => inDouble(m, [x, y], powOf)

function powOf(m: FloatVectors, x: V, y: V): V {
  const [zero, one, infinity] = [0, 1, Infinity].map(value => m.constant(value)) as [V, V, V]
  const size = m.abs(x)
  const logarithm = preciseLog2(m, size)
  const bounded = m.atMost(m.atLeast(y, -LARGEST_POWER), LARGEST_POWER)
  const product = twoProduct(m, bounded, logarithm.high)
  const low = m.madd(bounded, logarithm.low, product.low)
  const inside = m.less(m.abs(product.high), m.constant(RANGE))
  const finite = exp2Of(m, product.high, m.and(low, inside))

  // 0 and ∞ to the power of y.
  const falls = m.xor(m.equal(size, zero), m.less(y, zero))
  const extreme = m.or(m.equal(size, zero), m.equal(size, infinity))
  const magnitude = m.select(extreme, m.select(falls, zero, infinity), finite)

  const half = m.mul(bounded, m.constant(0.5))
  const whole = m.equal(m.trunc(bounded), bounded)
  const odd = m.and(whole, m.notEqual(m.trunc(half), half))
  const signed = m.or(magnitude, m.and(m.sign(x), odd))
  const fractional = m.and(m.not(whole), m.and(m.less(x, zero), m.less(size, infinity)))
  const missing = m.or(m.notEqual(x, x), m.notEqual(y, y))
  const power = m.or(signed, m.or(fractional, missing))
  return m.select(m.or(m.equal(y, zero), m.equal(x, one)), one, power)
}

/** log₂(x) for positive finite x, in two parts. */
function preciseLog2(m: FloatVectors, x: V): Double {
  const { e, f } = reduceLog(m, x)
  const two = m.constant(2)
  // d + dLow = 2 + f
  const d = m.add(f, two)
  const dLow = m.sub(f, m.sub(d, two))
  const s = m.div(f, d)
  const back = twoProduct(m, s, d)
  const sLow = m.div(m.sub(m.sub(m.sub(f, back.high), back.low), m.mul(s, dLow)), d)
  const z = twoProduct(m, s, s)
  const zLow = m.madd(m.add(s, s), sLow, z.low)

  const third = twoProduct(m, z.high, m.constant(THIRD.high))
  const thirdLow = m.add(
    m.madd(zLow, m.constant(THIRD.high), m.mul(z.high, m.constant(THIRD.low))),
    third.low,
  )
  const bend = m.mul(m.mul(z.high, z.high), m.polynomial(z.high, Q))
  const tail = fastTwoSum(m, third.high, bend)
  const tailLow = m.add(tail.low, thirdLow)

  const cube = twoProduct(m, s, tail.high)
  const sum = fastTwoSum(m, s, cube.high)
  const small = m.madd(s, tailLow, m.madd(sLow, tail.high, m.add(cube.low, sLow)))
  const sumLow = m.add(sum.low, small)

  const scaled = twoProduct(m, sum.high, m.constant(SCALE.high))
  const scaledLow = m.madd(
    sumLow,
    m.constant(SCALE.high),
    m.madd(sum.high, m.constant(SCALE.low), scaled.low),
  )
  const whole = twoSum(m, e, scaled.high)
  return fastTwoSum(m, whole.high, m.add(whole.low, scaledLow))
}
