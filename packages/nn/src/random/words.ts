import { OptionError } from '@wengert/tape'
import { philox, type Words4 } from './philox.js'

/** Which numbers are drawn: equal seeds and streams give equal numbers. */
export interface RandomOptions {
  /** A whole number from 0 to 2⁵³ − 1. Default 0. */
  readonly seed?: number
  /** Tells draws of one seed apart, such as the layers of a model. A whole number below 2³². Default 0. */
  readonly stream?: number
}

/**
 * The first random words of a stream, each an unsigned 32-bit integer.
 *
 * @throws {@link OptionError} for a seed or stream that is not a whole number in range.
 * @example
 * randomWords(2, { seed: 7 }).length // → 2
 * randomWords(1)[0].toString(16) // → '6627e8d5'
 */
export function randomWords(count: number, { seed = 0, stream = 0 }: RandomOptions = {}): Uint32Array {
  whole('seed', seed, Number.MAX_SAFE_INTEGER)
  whole('stream', stream, 0xffffffff)
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const
  const words = new Uint32Array(count)
  let block: Words4 = [0, 0, 0, 0]
  for (let k = 0; k < count; k++) {
    if (k % 4 === 0) block = philox([k / 4, 0, stream, 0], key)
    words[k] = block[k % 4] as number
  }
  return words
}

function whole(option: string, value: number, largest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return
  throw new OptionError({
    summary: `\`${option}\` is ${value}.`,
    expected: `a whole number from 0 to ${largest}`,
    data: { option },
  })
}
