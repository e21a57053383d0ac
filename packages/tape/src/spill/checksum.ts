/** The 32-bit hash of xxHash (Collet, "xxHash fast digest algorithm", specification 0.1.1), with seed 0. */

const [P1, P2, P3, P4, P5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1]

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/**
 * A number that another content has with a chance of 2⁻³².
 *
 * @example
 * checksum(new TextEncoder().encode('abc')).toString(16) // → '32d153ff'
 */
export function checksum(bytes: Uint8Array): number {
  if (bytes.byteOffset % 4 !== 0) return checksum(bytes.slice())
  const { length } = bytes
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2)
  const stripes = length >> 4
  let hash = P5 | 0
  if (stripes > 0) {
    let [a, b, c, d] = [(P1 + P2) | 0, P2 | 0, 0, -P1 | 0] as [number, number, number, number]
    for (let k = 0; k < 4 * stripes; k += 4) {
      a = Math.imul(rotate(a + Math.imul(words[k] as number, P2), 13), P1)
      b = Math.imul(rotate(b + Math.imul(words[k + 1] as number, P2), 13), P1)
      c = Math.imul(rotate(c + Math.imul(words[k + 2] as number, P2), 13), P1)
      d = Math.imul(rotate(d + Math.imul(words[k + 3] as number, P2), 13), P1)
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  }
  hash = (hash + length) | 0
  for (let k = 4 * stripes; k < words.length; k++) {
    hash = Math.imul(rotate(hash + Math.imul(words[k] as number, P3), 17), P4)
  }
  for (let k = 4 * words.length; k < length; k++) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[k] as number, P5), 11), P1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return (hash ^ (hash >>> 16)) >>> 0
}
