/** Error-free sums and products of vectors (Dekker 1971, Knuth); none of it may be fused, and none of it is. */
import type { FloatVectors } from './float-vectors.js'
import type { V } from './vectors.js'

/** A number as a sum: `low` is what `high` lacks. */
export interface Double {
  readonly high: V
  readonly low: V
}

/** a with the lower half of its digits cleared: products of two such numbers are exact. */
export const headOf = (m: FloatVectors, a: V): V => {
  const dropped = BigInt(Math.ceil((m.format.fractionBits + 1) / 2))
  return m.and(a, m.bits(-1n << dropped))
}

/** a + b. */
export function twoSum(m: FloatVectors, a: V, b: V): Double {
  const high = m.add(a, b)
  const part = m.sub(high, a)
  return { high, low: m.add(m.sub(a, m.sub(high, part)), m.sub(b, part)) }
}

/** a + b for |a| ≥ |b|. */
export function fastTwoSum(m: FloatVectors, a: V, b: V): Double {
  const high = m.add(a, b)
  return { high, low: m.sub(b, m.sub(high, a)) }
}

/** a·b; the tail of each factor has one digit more than its head, which costs the last bit of tail·tail. */
export function twoProduct(m: FloatVectors, a: V, b: V): Double {
  const high = m.mul(a, b)
  const [aHead, bHead] = [headOf(m, a), headOf(m, b)]
  const [aTail, bTail] = [m.sub(a, aHead), m.sub(b, bHead)]
  const cross = m.add(m.add(m.sub(m.mul(aHead, bHead), high), m.mul(aHead, bTail)), m.mul(aTail, bHead))
  return { high, low: m.add(cross, m.mul(aTail, bTail)) }
}
