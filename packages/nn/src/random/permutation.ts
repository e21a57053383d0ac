import { highProduct } from './philox.js'
import { type RandomOptions, randomWords } from './words.js'

/**
 * A random permutation of 0 … count − 1 (Durstenfeld 1964). Place k is drawn as ⌊(k + 1)·word / 2³²⌋ (Lemire 2019,
 * without the rejection: no place is favoured by more than count / 2³²).
 *
 * @example
 * permutation(5, { seed: 7 }).toSorted() // → [0, 1, 2, 3, 4]
 */
export function permutation(count: number, options: RandomOptions = {}): Int32Array {
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
