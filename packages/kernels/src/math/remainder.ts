/**
 * The remainder of x / y with the sign of x, exact as in IEEE 754: while |r| ≥ |y|, a multiple q·y is taken away, q being
 * the first digits of r/y, so few that their products with the halves of y are exact; each round removes as many
 * digits. Where r/y may overflow, y is taken larger by a power of 2 first.
 */
import { headOf } from './double.js'
import type { FloatVectors } from './float-vectors.js'
import type { V } from './vectors.js'

/** x − trunc(x/y)·y; NaN for y = 0 and for infinite x. */
export function remainder(m: FloatVectors, x: V, y: V): V {
  const [zero, infinity] = [m.constant(0), m.constant(Infinity)]
  const [size, divisor] = [m.abs(x), m.abs(y)]
  const defined = m.and(m.less(size, infinity), m.greater(divisor, zero))
  // Nothing is taken away where the divisor is infinite.
  const b = m.select(defined, divisor, infinity)
  const r = m.variable(m.and(size, defined), m.add(x, y))
  const beyond = (a: V) => m.greaterEqual(m.abs(r), a)
  m.f.if(m.any(beyond(b)), () => {
    const step = m.constant(m.dtype === 'f64' ? 2 ** 1000 : 2 ** 120)
    const larger = m.mul(b, step)
    for (const a of [m.mul(larger, step), larger, b]) {
      const head = headOf(m, a)
      const tail = m.sub(a, head)
      const more = m.variable(beyond(a), r)
      m.f.while(m.any(more), () => {
        const q = headOf(m, m.trunc(m.div(r, a)))
        const rest = m.sub(m.sub(r, m.mul(q, head)), m.mul(q, tail))
        m.assign(r, m.select(more, rest, r))
        m.assign(more, beyond(a))
      })
    }
  })
  // A quotient that was rounded up left r below 0.
  const positive = m.select(m.less(r, zero), m.add(r, b), r)
  return m.select(defined, m.or(positive, m.sign(x)), m.constant(Number.NaN))
}
