import { sample, transfer } from '@wengert/kernels'
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

/** Brings a value to the next row of an array at every so many turns of a loop, whose counter may go down from the last. */
export function sampleRow(
  aval: Aval,
  from: number,
  array: number,
  counter: number,
  { every, last }: { readonly every: number; readonly last: number | undefined },
): Call {
  const kernel = sample({ bytes: bytesOf(aval), every, ...(last !== undefined && { from: last }) })
  return { kernel, inputs: [from, counter], outputs: [array], scratch: 0 }
}
