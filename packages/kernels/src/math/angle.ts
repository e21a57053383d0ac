/**
 * An angle x ≥ 0 as quadrant·π/2 + r + tail with |r| ≤ π/4. Up to {@link MODERATE} by Cody & Waite (1980): π/2 in
 * four parts whose first three have 33 bits, so that their products with a quadrant below 2²⁰ are exact with and
 * without fused multiply-add. Beyond it by {@link payneHanek}, lane by lane, on a branch that is taken when a
 * lane needs it.
 */
import { f64, f64x2, i64x2 } from '../wasm/index.js'
import type { FloatVectors } from './float-vectors.js'
import { payneHanek } from './payne-hanek.js'
import { registerOf, type V } from './vectors.js'

/** Largest angle of the vector path: its quadrant has 20 bits. */
const MODERATE = 2 ** 20 * 1.5

const PI_2 = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const
/** π/2 without the first part. */
const PI_2_REST = 6.077100506506192e-11

/** Two f64 lanes of a reduced angle. */
export interface Angle {
  readonly r: V
  /** What r lacks, below half a unit in its last place. */
  readonly tail: V
  /** The quadrant in the two low bits. */
  readonly quadrant: V
}

/** Reduces f64 angles ≥ 0; ∞ and NaN give NaN. */
export function reduceAngle(m: FloatVectors, x: V): Angle {
  const { k, quadrant } = quarterTurns(m, x)
  const minus = (a: V, part: number) => m.nmadd(k, m.constant(part), a)
  const r1 = minus(x, PI_2[0])
  const r2 = minus(r1, PI_2[1])
  const lost2 = minus(m.sub(r1, r2), PI_2[1])
  const r3 = minus(r2, PI_2[2])
  const lost3 = minus(m.sub(r2, r3), PI_2[2])
  const rest = m.sub(m.add(lost2, lost3), m.mul(k, m.constant(PI_2[3])))
  const r = m.add(r3, rest)
  const tail = m.add(m.sub(r3, r), rest)
  return large(m, x, { r, tail, quadrant })
}

/** Like {@link reduceAngle} without the tail, to twice the precision of an f32. */
export function reduceAngleBriefly(m: FloatVectors, x: V): Omit<Angle, 'tail'> {
  const { k, quadrant } = quarterTurns(m, x)
  const r1 = m.nmadd(k, m.constant(PI_2[0]), x)
  const r = m.nmadd(k, m.constant(PI_2_REST), r1)
  return large(m, x, { r, tail: m.constant(0), quadrant })
}

/** k = round(x·2/π), as a number and in the low bits of `quadrant`. */
function quarterTurns(m: FloatVectors, x: V): { k: V; quadrant: V } {
  const shift = m.constant(1.5 * 2 ** 52)
  const quadrant = m.madd(x, m.constant(2 / Math.PI), shift)
  return { k: m.sub(quadrant, shift), quadrant }
}

function large(m: FloatVectors, x: V, moderate: Angle): Angle {
  const { f } = m
  const { r, tail, quadrant } = {
    r: m.variable(moderate.r, x),
    tail: m.variable(moderate.tail, x),
    quadrant: m.variable(moderate.quadrant, x),
  }
  f.if(m.any(m.greater(x, m.constant(MODERATE))), () => {
    const reduce = payneHanek(m.module)
    const reduced = [f.local('f64'), f.local('f64'), f.local('i64')] as const
    x.registers.forEach((register, k) => {
      const of = (value: V) => registerOf(value, k)
      const [toR, toTail, toQuadrant] = [of(r), of(tail), of(quadrant)]
      for (const lane of [0, 1]) {
        const angle = f.local(f64x2.extract(register, lane))
        f.if(f64.gt(angle, f64.const(MODERATE)), () => {
          f.setAll(reduced, reduce, [angle])
          // ∞ − ∞ is NaN.
          const value = f64.add(reduced[0], f64.sub(angle, angle))
          f.set(toR, f64x2.replace(toR, lane, value))
          f.set(toTail, f64x2.replace(toTail, lane, reduced[1]))
          f.set(toQuadrant, i64x2.replace(toQuadrant, lane, reduced[2]))
        })
      }
    })
  })
  return { r, tail, quadrant }
}
