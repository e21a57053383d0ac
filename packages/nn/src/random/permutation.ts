import { checkOptions } from '@wengert/tape'
import { checkLength } from '../arguments.js'
import { RANDOM_OPTIONS, type RandomOptions, randomWords } from './words.js'

/**
 * A random permutation of 0 … count − 1 (Durstenfeld 1964). Place k is drawn as ⌊(k + 1)·word / 2³²⌋ (Lemire 2019,
 * without the rejection: no place is favoured by more than count / 2³²).
 *
 * @example
 * permutationOf(5, { seed: 7 }).toSorted() // → [0, 1, 2, 3, 4]
 */
export function permutationOf(count: number, options: RandomOptions = {}): Int32Array {
  checkOptions('permutationOf', options, RANDOM_OPTIONS)
  checkLength('permutationOf', 'the count', count)
  const order = Int32Array.from({ length: count }, (_, k) => k)
  const words = randomWords(count, options)
  for (let k = count - 1; k > 0; k--) {
    const chosen = highProduct(k + 1, words[k] as number)
    const held = order[k] as number
    order[k] = order[chosen] as number
    order[chosen] = held
  }
  return order
}

/** The upper 32 bits of the product of two unsigned words: ⌊ab / 2³²⌋, by halves of 16 bits. */
export function highProduct(a: number, b: number): number {
  const a1 = a >>> 16
  const a0 = a & 0xffff
  const b1 = b >>> 16
  const b0 = b & 0xffff
  // Every sum stays below 2³², so all of this is exact.
  const middle = a1 * b0 + ((a0 * b0) >>> 16)
  const low = a0 * b1 + (middle & 0xffff)
  return (a1 * b1 + (middle >>> 16) + (low >>> 16)) >>> 0
}
