/** Random numbers by the definition of Philox 4x32-10 (Salmon et al. 2011), in whole numbers of any size. */
import { erfinv } from './gamma.js'
import { build, type Plain, read, sizeOf } from './plain.js'

const MASK = 0xffffffffn

type Words = readonly [bigint, bigint, bigint, bigint]

function philox(counter: Words, key: readonly [bigint, bigint]): Words {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [first, second] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n]
    ;[c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & MASK, (first >> 32n) ^ c3 ^ k1, first & MASK]
    k0 = (k0 + 0x9e3779b9n) & MASK
    k1 = (k1 + 0xbb67ae85n) & MASK
  }
  return [c0, c1, c2, c3]
}

const unsigned = (word: number) => BigInt(word >>> 0)

/** The first words of the stream of a key and a datum. */
function stream(key: Plain, count: number, { datum = 0, domain = 0 } = {}): bigint[] {
  const words = key.values.map(unsigned) as unknown as [bigint, bigint]
  return Array.from({ length: Math.ceil(count / 4) }, (_, block) =>
    philox([BigInt(block), 0n, unsigned(datum), BigInt(domain)], words),
  )
    .flat()
    .slice(0, count)
}

const signed = (word: bigint) => Number(BigInt.asIntN(32, word))

/** Random words. */
export const randomBits = (key: Plain, shape: readonly number[], datum = 0): Plain => ({
  dtype: 'i32',
  shape,
  values: stream(key, sizeOf(shape), { datum }).map(signed),
})

/** Keys made of a key and each datum, in domain 1 (folded in) or 2 (split). */
export const derivedKeys = (key: Plain, data: Plain, domain: number): Plain => ({
  dtype: 'i32',
  shape: [...data.shape, 2],
  values: data.values.flatMap(datum => stream(key, 2, { datum, domain }).map(signed)),
})

type Float = 'f32' | 'f64'

/** Multiples of 2⁻²⁴ from one word, or of 2⁻⁵³ from two. */
function units(key: Plain, count: number, dtype: Float): number[] {
  if (dtype === 'f32') return stream(key, count).map(word => Number(word >> 8n) * 2 ** -24)
  const words = stream(key, 2 * count)
  return Array.from({ length: count }, (_, k) => {
    const both = (words[2 * k] as bigint) + ((words[2 * k + 1] as bigint) << 32n)
    return Number(both >> 11n) * 2 ** -53
  })
}

const drawn = (
  key: Plain,
  shape: readonly number[],
  dtype: Float,
  of: (unit: number, place: number) => number,
): Plain => ({ dtype, shape, values: units(key, sizeOf(shape), dtype).map(of) })

/** Numbers in [low, high). */
export const uniform = (key: Plain, shape: readonly number[], dtype: Float, low: number, high: number) =>
  drawn(key, shape, dtype, unit => low + unit * (high - low))

/** mean + deviation·√2·erf⁻¹(u) */
export const normal = (key: Plain, shape: readonly number[], dtype: Float, mean: number, deviation: number) =>
  drawn(
    key,
    shape,
    dtype,
    unit => mean + deviation * Math.SQRT2 * erfinv(2 * unit - 1 + (dtype === 'f32' ? 2 ** -24 : 2 ** -53)),
  )

/** Whether a number in [0, 1) is below p, element by element. */
export const bernoulli = (key: Plain, p: Plain, shape: readonly number[]): Plain => ({
  ...drawn(key, shape, p.dtype as Float, (unit, place) =>
    Number(unit < (p.values[place % p.values.length] as number)),
  ),
  dtype: 'bool',
})

/** Indices of the largest of the logits plus Gumbel noise along the axis. */
export function categorical(key: Plain, logits: Plain, axis: number): Plain {
  const dtype = logits.dtype as Float
  const least = dtype === 'f32' ? 2 ** -25 : 2 ** -54
  const noisy = drawn(key, logits.shape, dtype, (unit, place) => {
    const noise = -Math.log(-Math.log1p(-Math.max(unit, least)))
    return (logits.values[place] as number) + noise
  })
  const along = axis < 0 ? axis + logits.shape.length : axis
  return build('i32', logits.shape.toSpliced(along, 1), index => {
    const line = Array.from({ length: logits.shape[along] as number }, (_, k) =>
      read(noisy, index.toSpliced(along, 0, k)),
    )
    return line.indexOf(Math.max(...line))
  })
}

/** The order of as many numbers of 53 bits. */
export function permutation(key: Plain, count: number): Plain {
  const numbers = units(key, count, 'f64')
  const values = Array.from(numbers.keys()).sort((a, b) => (numbers[a] as number) - (numbers[b] as number))
  return { dtype: 'i32', shape: [count], values }
}
