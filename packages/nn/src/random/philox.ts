/**
 * Philox4x32-10: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A keyed
 * bijection of counters: number k of a stream is a function of k, so nothing depends on how many were drawn before.
 * Integer arithmetic alone, so the numbers are the same on every host. Not a cipher.
 */

/** Four unsigned 32-bit words. */
export type Words4 = readonly [number, number, number, number]

const [MULTIPLIER_0, MULTIPLIER_1] = [0xd2511f53, 0xcd9e8d57]
const [WEYL_0, WEYL_1] = [0x9e3779b9, 0xbb67ae85]
const ROUNDS = 10

/**
 * The four random words of a counter under a key.
 *
 * @param counter four words of 32 bits.
 * @param key two words of 32 bits.
 * @example
 * philox([0, 0, 0, 0], [0, 0]).map(word => word.toString(16)) // → ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
 */
export function philox(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highProduct(MULTIPLIER_0, c0)
    const low0 = Math.imul(MULTIPLIER_0, c0)
    const high1 = highProduct(MULTIPLIER_1, c2)
    const low1 = Math.imul(MULTIPLIER_1, c2)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1 >>> 0
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0 >>> 0
    k0 = (k0 + WEYL_0) >>> 0
    k1 = (k1 + WEYL_1) >>> 0
  }
  return [c0, c1, c2, c3]
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
