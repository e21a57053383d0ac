import type { DType } from '@wengert/kernels'
import { RecordError } from '../errors.js'
import { callerLocation } from '../location.js'
import {
  type Aval,
  type Constant,
  type Data,
  dataFrom,
  formatAval,
  type Instruction,
  opOf,
  type Params,
  type Program,
} from '../program/index.js'
import type { Residents, Value } from '../resident/index.js'
import { lineNow } from './lines.js'
import { dataOf, hasData, type Recorder, Tensor } from './tensor.js'

/** Counts tapes, so that of two open tapes the one that was begun later is the inner one. */
let tapes = 0

/** A finished recording: a program, and the tensors of outer tapes that its last inputs stand for. */
export interface Finished {
  readonly program: Program
  readonly captures: readonly Tensor[]
}

/**
 * A program being recorded. Concrete tensors become constants; tensors of outer tapes become extra inputs
 * (lambda lifting), so that nested transformations cannot confuse their perturbations.
 */
export class Tape implements Recorder {
  /** Inner tapes have larger numbers. */
  readonly order = tapes++
  readonly #avals: Aval[] = []
  readonly #inputs: number[] = []
  readonly #constants: Constant[] = []
  readonly #instructions: Instruction[] = []
  readonly #scalars = new Map<DType, Map<number | '-0', Tensor>>()
  readonly #lifted = new Map<Tensor, number>()
  readonly #captures: Tensor[] = []
  readonly #residents: Residents | undefined
  /** On a dynamic tape, the values of lines that have one. */
  readonly #values: (Value | undefined)[] = []
  #open = true

  /** @param residents makes the tape dynamic: what can be is computed there while it is recorded. */
  constructor(residents?: Residents) {
    this.#residents = residents
  }

  /** The values of a dynamic tape, by line; undefined where there is none. */
  get values(): readonly (Value | undefined)[] {
    return this.#values
  }

  /** A new input; on a dynamic tape it has the value of a tensor that has one. */
  input(aval: Aval, x?: Tensor): Tensor {
    const value = this.#define(aval)
    this.#inputs.push(value)
    this.#values[value] = x && this.#valueOf(x)
    return this.#tensor(value)
  }

  /** A scalar constant; equal scalars are one value. */
  scalar(dtype: DType, number: number): Tensor {
    const ofType = this.#scalars.get(dtype) ?? new Map<number | '-0', Tensor>()
    this.#scalars.set(dtype, ofType)
    // A map takes −0 for 0.
    const key = Object.is(number, -0) ? '-0' : number
    const made = ofType.get(key) ?? this.#constant({ dtype, shape: [] }, dataFrom(dtype, [number]))
    ofType.set(key, made)
    return made
  }

  /** Records one instruction and returns its outputs. */
  emit(op: string, inputs: readonly Tensor[], params: Params = {}): readonly Tensor[] {
    if (!this.#open) throw this.#closed(op)
    const ids = inputs.map(x => this.lift(x))
    const avals = opOf(op).infer(
      inputs.map(x => x.aval),
      params,
    )
    const outputs = avals.map(aval => this.#define(aval))
    const at = lineNow()
    const instruction = { op, inputs: ids, outputs, params }
    this.#instructions.push(at === undefined ? instruction : { ...instruction, at })
    const operands = ids.map(id => this.#values[id])
    if (this.#residents && operands.every(operand => operand !== undefined)) {
      this.#residents.compute(op, operands, params, at).forEach((value, k) => {
        this.#values[outputs[k] as number] = value
      })
    }
    return outputs.map(value => this.#tensor(value))
  }

  get isOpen(): boolean {
    return this.#open
  }

  holds(value: number): boolean {
    return this.#open && this.#values[value] !== undefined
  }

  read(value: number, reader: string): Data | undefined {
    if (!this.#open) throw this.#closed(reader)
    const held = this.#values[value]
    if (!held || !this.#residents) return undefined
    return this.#residents.read(held)
  }

  /** The id of a tensor on this tape; concrete tensors and those of outer tapes are brought in. */
  lift(x: Tensor): number {
    const { state } = x
    if ('tape' in state && state.tape === this) return state.value
    const known = this.#lifted.get(x)
    if (known !== undefined) return known
    if (
      'tape' in state &&
      state.tape instanceof Tape &&
      !(state.tape.#open && state.tape.order < this.order)
    ) {
      throw state.tape.#closed('lift')
    }
    const value = this.#define(x.aval)
    if (!('tape' in state)) {
      this.#constants.push({ value, data: state.data })
    } else {
      this.#captures.push(x)
      this.#inputs.push(value)
    }
    this.#values[value] = this.#valueOf(x)
    this.#lifted.set(x, value)
    return value
  }

  /** Ends the recording. */
  finish(outputs: readonly Tensor[]): Finished {
    const ids = outputs.map(x => this.lift(x))
    this.#open = false
    const program: Program = {
      avals: this.#avals,
      inputs: this.#inputs,
      constants: this.#constants,
      instructions: this.#instructions,
      outputs: ids,
    }
    return { program, captures: this.#captures }
  }

  /** Ends a recording that failed. */
  abandon(): void {
    this.#open = false
  }

  #constant(aval: Aval, data: Data): Tensor {
    const value = this.#define(aval)
    this.#constants.push({ value, data })
    this.#values[value] = this.#residents?.given(aval, () => data)
    return this.#tensor(value)
  }

  /** The value of a tensor from outside; that of another tape in the same arena is the same. */
  #valueOf(x: Tensor): Value | undefined {
    const { state } = x
    if ('data' in state) return this.#residents?.given(x.aval, () => state.data)
    if (state.tape instanceof Tape && state.tape.#residents === this.#residents) {
      return state.tape.#values[state.value]
    }
    return hasData(x) ? this.#residents?.given(x.aval, () => dataOf(x)) : undefined
  }

  #define(aval: Aval): number {
    this.#avals.push(aval)
    return this.#avals.length - 1
  }

  #tensor(value: number): Tensor {
    return new Tensor(this.#avals[value] as Aval, { tape: this, value })
  }

  #closed(op: string): RecordError {
    const last = this.#avals.at(-1)
    return new RecordError({
      summary: `${op}: a tensor has left the recording it belongs to${last ? ` (the last one there is ${formatAval(last)})` : ''}.`,
      expected: 'tensors that are computed inside of the recorded function, or concrete ones',
      at: callerLocation(),
      fix: 'return the tensor from the function instead of storing it outside',
    })
  }
}

/** The tape that was begun last among those the tensors are on. */
export function innermostTape(tensors: readonly Tensor[]): Tape | undefined {
  let innermost: Tape | undefined
  for (const { state } of tensors) {
    if (!('tape' in state) || !(state.tape instanceof Tape)) continue
    if (!innermost || state.tape.order > innermost.order) innermost = state.tape
  }
  return innermost
}
