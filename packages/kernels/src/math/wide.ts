/** f32 functions by way of f64: four lanes as two vectors of two, for what needs more than 24 bits inside. */
import { f32x4, f64x2, v128 } from '../wasm/index.js'
import { FloatVectors } from './float-vectors.js'
import type { V, Vectors } from './vectors.js'

/** Byte numbers of a shuffle of 4-byte words. */
const words = (...list: readonly number[]) => list.flatMap(word => [0, 1, 2, 3].map(byte => 4 * word + byte))

/** The lower two and the upper two of four f32 lanes as f64. */
export function promote(m: Vectors, x: V): readonly [V, V] {
  const upper = m.each([x], a => v128.shuffle(a, a, words(2, 3, 2, 3)))
  return [m.each([x], f64x2.promoteLowF32x4), m.each([upper], f64x2.promoteLowF32x4)]
}

/** Two vectors of f64 rounded to four lanes of f32. */
export function demote(m: Vectors, halves: readonly [V, V]): V {
  const rounded = halves.map(half => m.each([half], f32x4.demoteF64x2Zero))
  return m.each(rounded, (a, b) => v128.shuffle(a, b, words(0, 1, 4, 5)))
}

/** The low words of four lanes of 64 bits. */
export function lowWords(m: Vectors, halves: readonly [V, V]): V {
  return m.each(halves, (a, b) => v128.shuffle(a, b, words(0, 2, 4, 6)))
}

/** Computes a function in f64, whatever the dtype; an f32 result is rounded once more. */
export function inDouble(m: FloatVectors, xs: readonly V[], body: (m: FloatVectors, ...xs: V[]) => V): V {
  if (m.dtype === 'f64') return body(m, ...xs)
  const wide = new FloatVectors(m, 'f64')
  const halves = xs.map(x => promote(m, x))
  return demote(m, [body(wide, ...halves.map(([low]) => low)), body(wide, ...halves.map(([, high]) => high))])
}
