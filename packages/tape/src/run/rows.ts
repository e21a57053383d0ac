import { sample, spillIn, spillOut, transfer } from '@wengert/kernels'
import { type Aval, bytesOf } from '../program/index.js'
import type { Call } from './unit.js'

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

/** At which turns of a loop a value is kept: at every so many, where the counter may go down from the last. */
export interface Turns {
  readonly every: number
  readonly last: number | undefined
}

/** Brings a value to the next row of an array at every so many turns. */
export function sampleRow(
  aval: Aval,
  from: number,
  array: number,
  counter: number,
  { every, last }: Turns,
): Call {
  const kernel = sample({ bytes: bytesOf(aval), every, ...(last !== undefined && { from: last }) })
  return { kernel, inputs: [from, counter], outputs: [array], scratch: 0 }
}

/** Brings a value to the next record of a store at every so many turns. */
export function spillRow(
  aval: Aval,
  from: number,
  slot: number,
  counter: number,
  { every, last }: Turns,
): Call {
  const kernel = spillOut({ bytes: bytesOf(aval), every, ...(last !== undefined && { from: last }) })
  return { kernel, inputs: [from, counter, slot], outputs: [], scratch: 0 }
}

/** Brings the record that a counter says to a place. */
export function unspillRow(aval: Aval, slot: number, to: number, counter: number): Call {
  return { kernel: spillIn({ bytes: bytesOf(aval) }), inputs: [counter, slot], outputs: [to], scratch: 0 }
}
