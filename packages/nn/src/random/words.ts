import { callerLocation, checkOptions, OptionError, randomBits, randomKey, shown } from '@wengert/tape'

/** Which numbers are drawn: equal seeds and streams give equal numbers. */
export interface RandomOptions {
  /** A whole number from 0 to 2⁵³ − 1. Default 0. */
  readonly seed?: number
  /** Tells draws of one seed apart, such as the layers of a model. A whole number below 2³². Default 0. */
  readonly stream?: number
}

/** The names of {@link RandomOptions}. */
export const RANDOM_OPTIONS = ['seed', 'stream']

/**
 * The first random words of a stream of Philox 4x32-10 (Salmon et al. 2011), each an unsigned 32-bit integer.
 *
 * @throws OptionError for a seed or stream that is not a whole number in range.
 * @example
 * randomWords(2, { seed: 7 }).length // → 2
 * randomWords(1)[0].toString(16) // → '6627e8d5'
 */
export function randomWords(count: number, options: RandomOptions = {}): Uint32Array {
  const { seed = 0, stream = 0 } = checkOptions('randomWords', options, RANDOM_OPTIONS)
  whole('seed', seed, Number.MAX_SAFE_INTEGER)
  whole('stream', stream, 0xffffffff)
  return new Uint32Array(randomBits(randomKey(seed), [count], { stream }).toTypedArray().buffer)
}

function whole(option: string, value: number, largest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return
  throw new OptionError({
    summary: `\`${option}\` is ${shown(value)}.`,
    expected: `a whole number from 0 to ${largest}`,
    at: callerLocation(),
    data: { option },
  })
}
