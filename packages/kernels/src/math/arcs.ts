/**
 * asin and acos up to |x| = ½ by asin(x) = x + x³·P(x²), beyond by asin(x) = π/2 − 2·asin(√((1 − x)/2)) with the root
 * as a sum of two numbers. The angle of a point by the ratio of the shorter to the longer coordinate, where needed
 * turned by π/4 (tan(π/4 − α) = (1 − tan α)/(1 + tan α)), so that |q| ≤ tan(π/8) in q + q³·A(q²). P and A are minimax
 * (Remez): relative errors in the results below 2e−9 in f32 and 1e−17 in f64.
 *
 * Largest errors found (`angles.test.ts`): asin and acos 0.75 ulp in f32, 1.08 ulp in f64; atan and atan2 1.98 ulp in
 * f32, 1.65 ulp in f64.
 */
import type { FloatDType } from '../dtype.js'
import { headOf } from './double.js'
import type { FloatVectors } from './float-vectors.js'
import type { Mask, V } from './vectors.js'

interface Constants {
  /** (asin(x)/x − 1)/x² in powers of x². */
  readonly asin: readonly number[]
  /** (atan(q)/q − 1)/q² in powers of q². */
  readonly atan: readonly number[]
  /** k·π/4 for k = 0 … 4, and what rounding to the dtype has lost of it. */
  readonly quarters: readonly (readonly [number, number])[]
  /** Coordinates above it are scaled, since sums of two may overflow. */
  readonly large: number
}

const constants: Readonly<Record<FloatDType, Constants>> = {
  f32: {
    asin: [
      0.1666666567325592, 0.07500103116035461, 0.04459661990404129, 0.03113195113837719, 0.017005709931254387,
      0.03392111510038376,
    ],
    atan: [
      -0.3333333134651184, 0.19999559223651886, -0.14264501631259918, 0.10748810321092606,
      -0.06466686725616455,
    ],
    quarters: [
      [0, 0],
      [0.7853981852531433, -2.1855695000931213e-8],
      [1.5707963705062866, -4.3711390001862426e-8],
      [2.356194496154785, -5.962440227403018e-9],
      [3.1415927410125732, -8.742278000372485e-8],
    ],
    large: 2 ** 126,
  },
  f64: {
    asin: [
      0.16666666666666646, 0.0750000000002326, 0.04464285709940704, 0.030381947618749083,
      0.022372039553136956, 0.017355411161031262, 0.01392788934781538, 0.011888699419901477,
      0.007739450513873235, 0.01622507377556921, -0.011068777443933394, 0.028402057624925727,
    ],
    atan: [
      -0.3333333333333333, 0.19999999999999815, -0.14285714285662482, 0.11111111105395773,
      -0.09090908764662853, 0.07692296677616751, -0.06666430001209019, 0.05878984551430632,
      -0.05230841902061564, 0.04553272962301896, -0.034611701357284974, 0.01632927102909719,
    ],
    quarters: [
      [0, 0],
      [Math.PI / 4, 3.061616997868383e-17],
      [Math.PI / 2, 6.123233995736766e-17],
      [0.75 * Math.PI, 9.184850993605148e-17],
      [Math.PI, 1.2246467991473532e-16],
    ],
    large: 2 ** 1022,
  },
}

/** (asin(s) − s)/s with s² = z. */
const excess = (m: FloatVectors, z: V): V => m.mul(z, m.polynomial(z, constants[m.dtype].asin))

/** √z as a head of half the digits, which has exact multiples, and a rest. */
function rootOf(m: FloatVectors, z: V): { head: V; rest: V } {
  const root = m.sqrt(z)
  const head = headOf(m, root)
  const rest = m.div(m.sub(z, m.mul(head, head)), m.add(root, head))
  return { head, rest: m.and(rest, m.greater(root, m.constant(0))) }
}

/** asin(√z) − head: √z·excess + rest. */
function arcRest(m: FloatVectors, z: V): { head: V; rest: V } {
  const { head, rest } = rootOf(m, z)
  return { head, rest: m.madd(m.add(head, rest), excess(m, z), rest) }
}

/** asin(x) on [−1, 1]; NaN elsewhere. */
export function asin(m: FloatVectors, x: V): V {
  const { quarters } = constants[m.dtype]
  const [quarter, quarterLow] = quarters[1] as readonly [number, number]
  const y = m.abs(x)
  const near = m.madd(y, excess(m, m.mul(y, y)), y)
  const { head, rest } = arcRest(m, halfGap(m, y))
  // π/2 − 2·(head + rest), the exact differences first: π/4 − 2·head, then π/4 more.
  const low = m.sub(m.constant(2 * quarterLow), m.add(rest, rest))
  const upper = m.sub(m.constant(quarter), m.add(head, head))
  const far = m.add(m.add(upper, low), m.constant(quarter))
  return m.or(m.select(m.less(y, m.constant(0.5)), near, far), m.sign(x))
}

/** acos(x) on [−1, 1]; NaN elsewhere. */
export function acos(m: FloatVectors, x: V): V {
  const { quarters } = constants[m.dtype]
  const [halfPi, halfPiLow] = quarters[2] as readonly [number, number]
  const [pi, piLow] = quarters[4] as readonly [number, number]
  const y = m.abs(x)
  const square = m.mul(x, x)
  // π/2 − (x + x·excess)
  const middle = m.sub(m.constant(halfPi), m.sub(x, m.nmadd(x, excess(m, square), m.constant(halfPiLow))))
  const { head, rest } = arcRest(m, halfGap(m, y))
  const [twoHeads, twoRests] = [m.add(head, head), m.add(rest, rest)]
  const above = m.add(twoHeads, twoRests)
  const below = m.sub(m.constant(pi), m.add(twoHeads, m.sub(twoRests, m.constant(piLow))))
  const outer = m.select(m.less(x, m.constant(0)), below, above)
  return m.select(m.less(y, m.constant(0.5)), middle, outer)
}

/** (1 − y)/2, without error for y ≥ ½. */
const halfGap = (m: FloatVectors, y: V): V => m.mul(m.sub(m.constant(1), y), m.constant(0.5))

/** The angle of (x, y) in (−π, π], with the special values of IEEE 754. */
export function atan2(m: FloatVectors, y: V, x: V): V {
  const [a, b] = [m.abs(y), m.abs(x)]
  const large = m.constant(constants[m.dtype].large)
  const scaled = m.or(m.greater(a, large), m.greater(b, large))
  const factor = m.select(scaled, m.constant(0.25), m.constant(1))
  const left = m.equalBits(m.sign(x), m.constant(-0))
  return m.or(angleOf(m, m.mul(a, factor), m.mul(b, factor), left), m.sign(y))
}

/** The angle with tangent x in [−π/2, π/2]. */
export function atan(m: FloatVectors, x: V): V {
  return m.or(angleOf(m, m.abs(x), m.constant(1)), m.sign(x))
}

/** The angle of (±b, a) for a, b ≥ 0, the minus where `left`: k·π/4 ± (q + q³·A(q²)). */
function angleOf(m: FloatVectors, a: V, b: V, left?: Mask): V {
  const { atan, quarters } = constants[m.dtype]
  const steep = m.greater(a, b)
  const [short, long] = [m.min(a, b), m.max(a, b)]
  // (0, 0) lies on an axis, (∞, ∞) on the diagonal.
  const corner = m.equal(short, m.constant(Infinity))
  const diagonal = m.or(corner, m.greater(short, m.mul(long, m.constant(Math.SQRT2 - 1))))
  const ratio = m.div(
    m.select(diagonal, m.sub(long, short), short),
    m.select(diagonal, m.add(long, short), long),
  )
  const q = m.select(m.or(corner, m.equal(long, m.constant(0))), m.constant(0), ratio)
  const z = m.mul(q, q)
  const small = m.madd(m.mul(q, z), m.polynomial(z, atan), q)

  // On the right, by rising angle: 0 + α, π/4 − α, π/4 + α, π/2 − α; on the left π minus that.
  const part = (index: 0 | 1) => {
    const of = (k: number) => m.constant((quarters[k] as readonly [number, number])[index])
    const right = m.select(diagonal, of(1), m.select(steep, of(2), of(0)))
    return left ? m.select(left, m.select(diagonal, of(3), m.select(steep, of(2), of(4))), right) : right
  }
  const minus = m.xor(steep, diagonal)
  const negative = left ? m.xor(minus, left) : minus
  const signed = m.xor(small, m.and(negative, m.constant(-0)))
  return m.add(m.add(signed, part(1)), part(0))
}
