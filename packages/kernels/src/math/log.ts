/**
 * log(x) = e·ln 2 + log(1 + f) with x = 2ᵉ·(1 + f) and √½ ≤ 1 + f < √2. With s = f / (2 + f) and z = s²,
 * log(1 + f) = 2·artanh(s) = f − (f²/2 − s·(f²/2 + z·P(z))), which cancels nothing (Tang 1990, and fdlibm). P is
 * minimax (Remez), its relative error in log(1 + f) below 1e−9 in f32 and 2e−18 in f64.
 *
 * log(±0) = −∞, log of a negative number is NaN. What is not a normal positive number is prepared on a branch that is
 * taken when a lane needs it. Largest errors found: 0.83 ulp in f32, 0.80 ulp in f64 (`accuracy.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import type { FloatVectors } from './float-vectors.js'
import { ln2Of } from './ln2.js'
import type { V } from './vectors.js'

interface Constants {
  /** (2·artanh(s) − 2·s) / s³ in powers of s². */
  readonly curve: readonly number[]
  readonly smallestNormal: number
  /** Bits of √½. */
  readonly sqrtHalf: bigint
}

const constants: Readonly<Record<FloatDType, Constants>> = {
  f32: {
    curve: [0.6666677594184875, 0.39977529644966125, 0.2987212836742401],
    smallestNormal: 2 ** -126,
    sqrtHalf: 0x3f3504f3n,
  },
  f64: {
    curve: [
      0.6666666666666734, 0.3999999999941379, 0.2857142874261887, 0.22222198546506294, 0.18183565849969008,
      0.15314008337222612, 0.14796402238876444,
    ],
    smallestNormal: 2 ** -1022,
    sqrtHalf: 0x3fe6a09e667f3bcdn,
  },
}

/** log(x), the natural logarithm. */
export function log(m: FloatVectors, x: V): V {
  const ln2 = ln2Of[m.dtype]
  const { e, f, special } = reduceLog(m, x)
  const { square, bend } = curveOf(m, f)
  const low = m.sub(square, m.madd(e, m.constant(ln2.low), bend))
  return m.add(m.madd(e, m.constant(ln2.high), m.sub(f, low)), special)
}

/** x = 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2, f exact. */
export interface ReducedLog {
  readonly e: V
  readonly f: V
  /** 0, or what turns any finite number into the logarithm of x. */
  readonly special: V
}

/** Splits x; where it is not positive and finite, e and f are finite. */
export function reduceLog(m: FloatVectors, x: V): ReducedLog {
  const { fractionBits, bias } = m.format
  const { sqrtHalf } = constants[m.dtype]
  const width = BigInt(fractionBits)
  const { normal, offset, special } = prepare(m, x)

  // Exponent field of `centred` is e + bias, its fraction field that of 1 + f, counted from √½.
  const centred = m.addBits(normal, m.bits((BigInt(bias) << width) - sqrtHalf))
  const fraction = m.and(centred, m.bits((1n << width) - 1n))
  const f = m.sub(m.addBits(fraction, m.bits(sqrtHalf)), m.constant(1))

  // An integer in the low bits of 2^fractionBits is that integer more.
  const field = m.or(m.shiftRight(centred, fractionBits), m.constant(2 ** fractionBits))
  return { e: m.sub(field, offset), f, special }
}

/** log(1 + f) = f − (square − bend). */
export function curveOf(m: FloatVectors, f: V): { square: V; bend: V } {
  const s = m.div(f, m.add(f, m.constant(2)))
  const z = m.mul(s, s)
  const square = m.mul(m.mul(f, m.constant(0.5)), f)
  return { square, bend: m.mul(s, m.madd(z, m.polynomial(z, constants[m.dtype].curve), square)) }
}

interface Prepared {
  /** x, or x·2^fractionBits where that makes it normal. */
  readonly normal: V
  /** What the exponent field of `normal`, read as a number, exceeds e by. */
  readonly offset: V
  /** 0, or what turns any finite number into the result. */
  readonly special: V
}

function prepare(m: FloatVectors, x: V): Prepared {
  const { fractionBits, bias } = m.format
  const [zero, infinity] = [m.constant(0), m.constant(Infinity)]
  const smallest = m.constant(constants[m.dtype].smallestNormal)
  const usual = 2 ** fractionBits + bias
  const [normal, offset, special] = [x, m.constant(usual), zero].map(value => m.variable(value, x)) as [
    V,
    V,
    V,
  ]
  const plain = m.and(m.greaterEqual(x, smallest), m.less(x, infinity))
  m.f.if(m.any(m.not(plain)), () => {
    const tiny = m.less(x, smallest)
    m.assign(normal, m.select(tiny, m.mul(x, m.constant(2 ** fractionBits)), x))
    m.assign(offset, m.select(tiny, m.constant(usual + fractionBits), offset))
    // x + x is ∞ or NaN as x is; a lane of ones is NaN.
    const unbounded = m.or(m.and(m.not(m.less(x, infinity)), m.add(x, x)), m.less(x, zero))
    m.assign(special, m.select(m.equal(x, zero), m.constant(-Infinity), unbounded))
  })
  return { normal, offset, special }
}
