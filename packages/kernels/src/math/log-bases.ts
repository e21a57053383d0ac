/**
 * log₂(x) and log₁₀(x) = (e·ln 2 + log(1 + f))·c with the reduction of `log.ts`. log(1 + f) is a head of half the digits,
 * whose product with the head of c is exact, and a rest; e·log₁₀2 likewise (the way of fdlibm's e_log2). Exact at powers
 * of 2 for log₂. Largest errors found: 0.61 ulp in f32, 0.65 ulp in f64 (`powers.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import { headOf, twoSum } from './double.js'
import type { FloatVectors } from './float-vectors.js'
import { curveOf, reduceLog } from './log.js'
import type { V } from './vectors.js'

interface Parts {
  /** As many digits as leave products with {@link headOf} exact. */
  readonly high: number
  readonly low: number
}
type Constants = Readonly<Record<FloatDType, Parts>>

const LOG2_E: Constants = {
  f32: { high: 1.4423828125, low: 0.00031222838896340733 },
  f64: { high: 1.4426950216293335, low: 1.9259629911266175e-8 },
}
const LOG10_E: Constants = {
  f32: { high: 0.4342041015625, low: 9.038034075182765e-5 },
  f64: { high: 0.4342944771051407, low: 4.798111141615973e-9 },
}
const LOG10_2: Constants = {
  f32: { high: 0.301025390625, low: 4.605038981195214e-6 },
  f64: { high: 0.3010299950838089, low: 5.801722962879576e-10 },
}
const ONE: Constants = { f32: { high: 1, low: 0 }, f64: { high: 1, low: 0 } }

/** Logarithm to the base 2. */
export const log2 = (m: FloatVectors, x: V): V => logarithm(m, x, ONE[m.dtype], LOG2_E[m.dtype])

/** Logarithm to the base 10. */
export const log10 = (m: FloatVectors, x: V): V => logarithm(m, x, LOG10_2[m.dtype], LOG10_E[m.dtype])

function logarithm(m: FloatVectors, x: V, two: Parts, e: Parts): V {
  const reduced = reduceLog(m, x)
  const { f } = reduced
  const { square, bend } = curveOf(m, f)
  const head = headOf(m, m.sub(f, square))
  const rest = m.add(m.sub(m.sub(f, head), square), bend)
  const { high, low } = twoSum(m, m.mul(reduced.e, m.constant(two.high)), m.mul(head, m.constant(e.high)))
  const products = m.madd(rest, m.constant(e.high), m.mul(m.add(rest, head), m.constant(e.low)))
  const small = m.madd(reduced.e, m.constant(two.low), products)
  return m.add(m.add(high, m.add(low, small)), reduced.special)
}
