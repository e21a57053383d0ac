import type { DType } from '@wengert/kernels'
import { fromData, type Tensor, tensor } from '@wengert/tape'
import { type Plain, positionOf } from './reference/index.js'

/** Numbers in [0, 1) from a seed: a linear congruential generator (Knuth, TAOCP 2, 3.3.4). */
export function random(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x1234567) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Numbers of a range in random order, no two closer than range / count and none closer than half of that to 0: finite
 * differences with smaller steps cross no kink of `relu`, `max` or `maximum`.
 */
export function spread(count: number, [low, high]: readonly [number, number], seed: number): number[] {
  const next = random(seed)
  const order = Array.from({ length: count }, (_, k) => k)
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(next() * (k + 1))
    ;[order[k], order[other]] = [order[other] as number, order[k] as number]
  }
  const spacing = (high - low) / count
  // Where 0 is inside, points lie at odd multiples of half the spacing on both sides of it.
  const shift = low < 0 && high > 0 ? Math.floor(-low / spacing) * spacing + low : 0
  return order.map(k => low - shift + (k + 0.5) * spacing)
}

/** A tensor with the elements of an array. */
export const toTensor = ({ dtype, shape, values }: Plain): Tensor =>
  fromData({ dtype, shape }, tensor([...values], { dtype, shape: [values.length] }).toTypedArray())

/** The elements of a concrete tensor. */
export const toPlain = (x: Tensor): Plain => ({
  dtype: x.dtype,
  shape: x.shape,
  values: Array.from(x.toTypedArray()),
})

/** Arrays of these dtypes and shapes with numbers of a range; labels and truth values are small integers. */
export function sample(
  avals: readonly { readonly dtype: DType; readonly shape: readonly number[] }[],
  domain: readonly [number, number],
  seed = 1,
): Plain[] {
  const sizes = avals.map(({ shape }) => shape.reduce((product, length) => product * length, 1))
  const numbers = spread(
    sizes.reduce((total, size) => total + size, 0),
    domain,
    seed,
  )
  const next = random(seed + 1)
  return avals.map(({ dtype, shape }, k) => {
    const values = numbers.splice(0, sizes[k]).map(value => {
      if (dtype === 'bool') return Number(next() < 0.5)
      if (dtype === 'i32') return Math.floor(next() * 15) - 7
      return dtype === 'f32' ? Math.fround(value) : value
    })
    return { dtype, shape, values }
  })
}

/** Where an element lies, such as `[1,2]`, for messages. */
export function indexAt(shape: readonly number[], position: number): string {
  const index: number[] = []
  let rest = position
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % (shape[axis] as number))
    rest = Math.floor(rest / (shape[axis] as number))
  }
  if (positionOf(shape, index) !== position) throw new RangeError(`No element ${position} in [${shape}].`)
  return `[${index.join(',')}]`
}
