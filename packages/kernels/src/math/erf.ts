/**
 * erf(x) = x + x·(2/√π − 1 + x²·P(x²)) up to 1, and erfc(x) = exp(−x²)·R(u)/(1 + 2x) with u = (x − 3)/(x + 3) from ½ on
 * (the form of Shepherd & Laframboise 1981), x² as a sum of two numbers. P and R are minimax (Remez): relative errors
 * below 2e−10 and 9e−9 in f32, 5e−19 and 5e−18 in f64.
 *
 * Largest errors found (`erf.test.ts`): erf 1.17 ulp in f32, 1.0 ulp in f64; erfc 3.94 ulp in f32 (all numbers in ½ … 11), 2.1 in
 * f64.
 */
import type { FloatDType } from '../dtype.js'
import { twoProduct } from './double.js'
import { timesExp } from './exp.js'
import type { FloatVectors } from './float-vectors.js'
import type { V } from './vectors.js'

interface Constants {
  /** (erf(x)/x − 2/√π)/x² in powers of x². */
  readonly near: readonly number[]
  /** (1 + 2x)·exp(x²)·erfc(x) in powers of u. */
  readonly far: readonly number[]
}

const constants: Readonly<Record<FloatDType, Constants>> = {
  f32: {
    near: [
      -0.37612637877464294, 0.11283790320158005, -0.026865951716899872, 0.005222635343670845,
      -0.0008509008330293, 0.00011455848289187998, -1.023043932946166e-5,
    ],
    far: [
      1.2530080080032349, -0.1356210708618164, -0.047561511397361755, 0.1296437680721283, -0.1192854791879654,
      0.06832282245159149, -0.023708267137408257, 0.0024608836974948645, 0.00175387947820127,
      -0.0006336139631457627,
    ],
  },
  f64: {
    near: [
      -0.37612638903183754, 0.11283791670955111, -0.026866170645124008, 0.005223977625306148,
      -0.0008548327010243387, 0.00012055332224505105, -1.4925622788902855e-5, 1.6461451964334675e-6,
      -1.6355182237964223e-7, 1.4692958532116127e-8, -1.1502350016570198e-9, 6.177718041554908e-11,
    ],
    far: [
      1.2530080582697296, -0.1356211061245813, -0.04756229435344994, 0.1296451587027796, -0.1192736634153649,
      0.06830802734321549, -0.023770514917038636, 0.002529391830152624, 0.0018886903341978594,
      -0.0007798324152032276, -0.00010515956387400619, 0.00012510022519898346, 4.9480709114337615e-6,
      -2.010388925168001e-5, -7.260356955187452e-7, 3.480301292301469e-6, 3.4316731381338304e-7,
      -6.278061256004775e-7, -1.202062600022891e-7, 1.0996528932066981e-7, 2.2357348030299872e-8,
      -1.4739186825538505e-8,
    ],
  },
}

/** 2/√π − 1 */
const REST = 0.1283791670955126
/** erfc is 0 from here on, in every dtype. */
const LARGEST = 28

/** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(m: FloatVectors, x: V): V {
  const y = m.abs(x)
  const one = m.constant(1)
  const far = m.sub(one, tail(m, y))
  return m.or(m.select(m.less(y, one), nearZero(m, y), far), m.sign(x))
}

/** 1 − erf(x), with all digits also where it is small. */
export function erfc(m: FloatVectors, x: V): V {
  const y = m.abs(x)
  const beyond = tail(m, y)
  const far = m.select(m.less(x, m.constant(0)), m.sub(m.constant(2), beyond), beyond)
  const near = m.sub(m.constant(1), nearZero(m, x))
  return m.select(m.less(y, m.constant(0.5)), near, far)
}

function nearZero(m: FloatVectors, x: V): V {
  const z = m.mul(x, x)
  return m.madd(x, m.madd(z, m.polynomial(z, constants[m.dtype].near), m.constant(REST)), x)
}

/** erfc(y) for y ≥ ½. */
function tail(m: FloatVectors, y: V): V {
  const x = m.atMost(y, LARGEST)
  const square = twoProduct(m, x, x)
  const three = m.constant(3)
  const u = m.div(m.sub(x, three), m.add(x, three))
  const ratio = m.div(m.polynomial(u, constants[m.dtype].far), m.add(m.add(x, x), m.constant(1)))
  return timesExp(m, ratio, m.neg(square.high), m.neg(square.low))
}
