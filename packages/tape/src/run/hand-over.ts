import { slotBytes, transfer } from '@wengert/kernels'
import { type Aval, bytesOf } from '../program/index.js'
import type { Region } from './region.js'
import type { Call } from './unit.js'

/** The call that brings a value to another place. */
export function move(aval: Aval, from: number, to: number): Call {
  return { kernel: transfer({ bytes: bytesOf(aval) }), inputs: [from], outputs: [to], scratch: 0 }
}

/** The calls that bring values to other places. */
export const moves = (avals: readonly Aval[], from: readonly number[], to: readonly number[]): Call[] =>
  avals.map((aval, k) => move(aval, from[k] as number, to[k] as number))

/**
 * Makes the results of a step the state of the next. A result that is another part of the old state is set aside first,
 * so that exchanging two parts does.
 */
export class HandOver {
  /** Room for what is set aside. */
  readonly bytes: number
  readonly #state: readonly Aval[]
  /** Where in that room each part is set aside, −1 if it is not; undefined for parts that stay. */
  readonly #aside: readonly (number | undefined)[]

  /** @param constants number of external inputs of the step before the state */
  constructor(state: readonly Aval[], step: Region, constants: number) {
    this.#state = state
    let bytes = 0
    this.#aside = state.map((aval, k) => {
      const part = (step.externalOf(k) ?? -1) - constants
      if (part === k) return undefined
      if (part < 0) return -1
      bytes += slotBytes(bytesOf(aval))
      return bytes - slotBytes(bytesOf(aval))
    })
    this.bytes = bytes
  }

  calls(results: readonly number[], state: readonly number[], room: number): Call[] {
    const aside: Call[] = []
    const back: Call[] = []
    this.#state.forEach((aval, k) => {
      const place = this.#aside[k]
      if (place === undefined) return
      const result = results[k] as number
      if (place >= 0) aside.push(move(aval, result, room + place))
      back.push(move(aval, place >= 0 ? room + place : result, state[k] as number))
    })
    return [...aside, ...back]
  }
}
