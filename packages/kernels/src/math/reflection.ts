/** What the gamma function's relatives at x < 0 are made of: their values at 1 − x, and sines of πx. */
import { twoProduct } from './double.js'
import type { FloatVectors } from './float-vectors.js'
import { sin } from './sin-cos.js'
import type { Mask, V } from './vectors.js'

/** |sin πx|, |cos πx|, and where tan πx is negative; the reduction is exact. */
export interface HalfTurns {
  readonly sine: V
  readonly cosine: V
  readonly negative: Mask
  /** Where x is an integer. */
  readonly whole: Mask
}

/** What π exceeds its f64 by. */
const PI_LOW = 1.2246467991473532e-16

/** Sines of πx in f64; NaN at infinities. */
export function halfTurns(m: FloatVectors, x: V): HalfTurns {
  const r = m.sub(x, m.round(x))
  const size = m.abs(r)
  const [sine, cosine] = [size, m.sub(m.constant(0.5), size)].map(turns => {
    const { high, low } = twoProduct(m, turns, m.constant(Math.PI))
    return { value: sin(m, high), low: m.madd(turns, m.constant(PI_LOW), low) }
  }) as [Rounded, Rounded]
  return {
    // sin(a + δ) = sin a + δ·cos a
    sine: m.madd(sine.low, cosine.value, sine.value),
    cosine: m.madd(cosine.low, sine.value, cosine.value),
    negative: m.less(r, m.constant(0)),
    whole: m.equal(r, m.constant(0)),
  }
}

/** A sine, and what its argument lacks. */
interface Rounded {
  readonly value: V
  readonly low: V
}

/** x where it is not negative, 1 − x where it is. */
export function reflected(m: FloatVectors, x: V): { y: V; below: Mask } {
  const below = m.less(x, m.constant(0))
  return { y: m.select(below, m.sub(m.constant(1), x), x), below }
}
