import type { Program } from './program.js'

/** The hash of a program: equal for programs with equal avals, instructions and constants. */
export function hashOf({ constants, ...structure }: Program): string {
  const bytes = constants.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return hash([JSON.stringify([structure, constants.map(({ value }) => value)]), ...bytes])
}

/**
 * A 64-bit content hash as 16 hexadecimal digits: two FNV-1a streams (Fowler, Noll & Vo) of 32 bits with different
 * offsets. It tells programs apart; it is no defence against somebody who wants a collision.
 */
export function hash(parts: Iterable<string | Uint8Array>): string {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (const part of parts) {
    const bytes = typeof part === 'string' ? new TextEncoder().encode(part) : part
    for (let k = 0; k < bytes.length; k++) {
      const byte = bytes[k] as number
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b ^ byte ^ (b >>> 15), 0x85ebca6b)
    }
    a = Math.imul(a ^ bytes.length, 0x01000193)
  }
  return [a, b].map(word => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
