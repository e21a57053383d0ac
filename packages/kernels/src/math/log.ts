/**
 * log(x) = e·ln 2 + log(1 + f) with x = 2ᵉ·(1 + f) and √½ ≤ 1 + f < √2. With s = f / (2 + f) and z = s²,
 * log(1 + f) = 2·artanh(s) = f − (f²/2 − s·(f²/2 + z·P(z))), which cancels nothing (Tang 1990, and fdlibm). P is
 * minimax (Remez), its relative error in log(1 + f) below 1e−9 in f32 and 2e−18 in f64.
 *
 * log(±0) = −∞, log of a negative number is NaN. What is not a normal positive number is prepared on a branch that is
 * taken when a lane needs it. Largest errors found: 0.83 ulp in f32, 0.80 ulp in f64 (`accuracy.test.ts`).
 */
import type { FloatDType } from '../dtype.js'
import { f32x4, i32x4 } from '../wasm/index.js'
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
  const power = m.add(e, special)
  const { square, bend } = curveOf(m, f)
  const low = m.sub(square, m.madd(power, m.constant(ln2.low), bend))
  return m.madd(power, m.constant(ln2.high), m.sub(f, low))
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
  const smallest = 1n << BigInt(fractionBits)
  const infinity = BigInt(2 * bias + 1) << BigInt(fractionBits)
  const sign = -1n << BigInt(8 * m.format.bytes - 1)
  const usual = split(m, x)
  const [e, f, special] = [usual.e, usual.f, m.constant(0)].map(value => m.variable(value, x)) as [V, V, V]
  // With the sign bit turned, the order of signed integers is that of unsigned ones: bits < smallest wrap to the top.
  const place = m.addBits(x, m.bits(sign - smallest))
  const unusual = m.greaterBits(place, m.bits(sign + infinity - smallest - 1n))
  m.f.if(m.any(unusual), () => {
    const tiny = m.less(x, m.constant(constants[m.dtype].smallestNormal))
    const larger = split(m, m.select(tiny, m.mul(x, m.constant(2 ** fractionBits)), x))
    const bounded = m.and(m.less(x, m.constant(Infinity)), m.greater(x, m.constant(0)))
    m.assign(e, m.and(bounded, m.sub(larger.e, m.and(tiny, m.constant(fractionBits)))))
    m.assign(f, m.and(bounded, larger.f))
    // x + x is ∞ or NaN as x is; a lane of ones is NaN.
    const unbounded = m.or(
      m.and(m.not(m.less(x, m.constant(Infinity))), m.add(x, x)),
      m.less(x, m.constant(0)),
    )
    m.assign(special, m.select(m.equal(x, m.constant(0)), m.constant(-Infinity), unbounded))
  })
  return { e, f, special }
}

/** e and f of positive normal numbers. */
function split(m: FloatVectors, x: V): { readonly e: V; readonly f: V } {
  const { fractionBits, bias } = m.format
  const { sqrtHalf } = constants[m.dtype]
  const width = BigInt(fractionBits)
  // Its upper bits are e, and the lower ones the fraction of 1 + f, counted from √½.
  const apart = m.subBits(x, m.bits(sqrtHalf))
  const fraction = m.and(apart, m.bits((1n << width) - 1n))
  const f = m.sub(m.addBits(fraction, m.bits(sqrtHalf)), m.constant(1))
  if (m.dtype === 'f32') {
    const e = m.each([apart], bits => f32x4.convertI32x4S(i32x4.shrS(bits, fractionBits)))
    return { e, f }
  }
  // An integer in the low bits of 2^fractionBits is that integer more.
  const field = m.shiftRight(m.addBits(apart, m.bits(BigInt(bias) << width)), fractionBits)
  return { e: m.sub(m.or(field, m.constant(2 ** fractionBits)), m.constant(2 ** fractionBits + bias)), f }
}

/** log(1 + f) = f − (square − bend). */
export function curveOf(m: FloatVectors, f: V): { square: V; bend: V } {
  const s = m.div(f, m.add(f, m.constant(2)))
  const z = m.mul(s, s)
  const square = m.mul(m.mul(f, m.constant(0.5)), f)
  return { square, bend: m.mul(s, m.madd(z, m.polynomial(z, constants[m.dtype].curve), square)) }
}
