import { type SampleSpec, type SpillSpec, sample, spillIn, spillOut, transfer } from '@wengert/kernels'
import { type Aval, bytesOf } from '../program/index.js'
import type { Call } from './unit.js'

/** A call takes about as long as so many FLOP at full speed. */
const CALL_COST = 16

/** Cost of bringing values from place to place: each byte is read and written. */
export const movingCost = (avals: readonly Aval[]): number =>
  avals.reduce((sum, aval) => sum + 2 * bytesOf(aval) + CALL_COST, 0)

/** Brings the row of an array that a counter says to a place. */
export function takeRow(aval: Aval, array: number, to: number, counter: number): Call {
  const bytes = bytesOf(aval)
  const kernel = transfer({ bytes, fromStep: bytes })
  return { kernel, inputs: bytes === 0 ? [array] : [array, counter], outputs: [to], scratch: 0 }
}

/** Brings a value to the row of an array that a counter says. */
export function putRow(aval: Aval, from: number, array: number, counter: number): Call {
  const bytes = bytesOf(aval)
  const kernel = transfer({ bytes, toStep: bytes })
  return { kernel, inputs: bytes === 0 ? [from] : [from, counter], outputs: [array], scratch: 0 }
}

/** Brings a value to the next row of an array at some turns of a loop. */
export function sampleRow(
  aval: Aval,
  from: number,
  array: number,
  counter: number,
  turns: Omit<SampleSpec, 'bytes'>,
): Call {
  const kernel = sample({ bytes: bytesOf(aval), ...turns })
  return { kernel, inputs: [from, counter], outputs: [array], scratch: 0 }
}

/**
 * Cost of values that go to a store as a record each, or come back, in FLOP equivalents: 10 µs, and 2 ns a byte with its
 * checksum, at 4 FLOP a ns. It is the same wherever the store is, so that plans are.
 *
 * @example
 * spillingCost([{ dtype: 'f32', shape: [250] }]) // → 48000
 */
export const spillingCost = (avals: readonly Aval[]): number =>
  avals.reduce((sum, aval) => sum + 8 * bytesOf(aval) + 40_000, 0)

/** Brings a value to the next record of a store at some turns of a loop. */
export function spillRow(
  aval: Aval,
  from: number,
  slot: number,
  counter: number,
  turns: Omit<SpillSpec, 'bytes'>,
): Call {
  const kernel = spillOut({ bytes: bytesOf(aval), ...turns })
  return { kernel, inputs: [from, counter, slot], outputs: [], scratch: 0 }
}

/**
 * Brings the record that a counter says to a place.
 *
 * @param stride blocks from a record to the next. Default: as many as it has.
 */
export function unspillRow(aval: Aval, slot: number, to: number, counter: number, stride?: number): Call {
  const kernel = spillIn({ bytes: bytesOf(aval), ...(stride !== undefined && { stride }) })
  return { kernel, inputs: [counter, slot], outputs: [to], scratch: 0 }
}
