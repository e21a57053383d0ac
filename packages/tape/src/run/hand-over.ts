import { slotBytes, transfer } from '@wengert/kernels'
import { type Aval, bytesOf } from '../program/index.js'
import { type Accumulating, type Addition, additionOf } from './accumulate.js'
import type { Region } from './region.js'
import { movingCost } from './rows.js'
import type { Call } from './unit.js'

/** The call that brings a value to another place. */
export function move(aval: Aval, from: number, to: number): Call {
  return { kernel: transfer({ bytes: bytesOf(aval) }), inputs: [from], outputs: [to], scratch: 0 }
}

/** The calls that bring values to other places. */
export const moves = (avals: readonly Aval[], from: readonly number[], to: readonly number[]): Call[] =>
  avals.map((aval, k) => move(aval, from[k] as number, to[k] as number))

/**
 * Makes the results of a step the state of the next: they are brought to its place, or added to what is there. A result
 * that is part of the old state is set aside first, so that exchanging two parts does.
 */
export class HandOver {
  /** Room for what is set aside. */
  readonly bytes: number
  /** FLOP equivalents. */
  readonly cost: number
  readonly #state: readonly Aval[]
  readonly #additions: readonly (Addition | undefined)[]
  /** Where in that room each part is set aside, −1 if it is not; undefined for parts that stay. */
  readonly #aside: readonly (number | undefined)[]

  /** @param constants number of external inputs of the step before the state */
  constructor(
    state: readonly Aval[],
    step: Region,
    constants: number,
    { additions }: Pick<Accumulating, 'additions'>,
  ) {
    this.#state = state
    this.#additions = additions
    this.cost = state.reduce(
      (sum, aval, k) => sum + (additions[k] ? addingCost(aval) : movingCost([aval])),
      0,
    )
    let bytes = 0
    this.#aside = state.map((aval, k) => {
      const part = (step.externalOf(k) ?? -1) - constants
      if (part === k && !additions[k]) return undefined
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
      const from = place >= 0 ? room + place : result
      const [to, addition] = [state[k] as number, this.#additions[k]]
      back.push(addition ? add(aval, addition, from, to) : move(aval, from, to))
    })
    return [...aside, ...back]
  }
}

/** The call that adds a value to another, where that is. */
const add = (aval: Aval, { isFirst }: Addition, from: number, to: number): Call => ({
  kernel: additionOf(aval),
  inputs: isFirst ? [to, from] : [from, to],
  outputs: [to],
  scratch: 0,
})

const addingCost = (aval: Aval): number => additionOf(aval).flops + 3 * bytesOf(aval)
