/**
 * Programs inside of instructions, one object for all that are equal. A program with loops in loops is rewritten in many ways that are
 * compared, and most programs inside of it come again in each; so what is found out about one of them is found out once, and
 * texts of what is around them stay short.
 */
import type { Instruction, Json, Params, Program } from './program.js'

/** Programs by what they are, as long as anything else holds them. */
const known = new Map<string, WeakRef<Program>>()
const gone = new FinalizationRegistry((text: string) => {
  if (!known.get(text)?.deref()) known.delete(text)
})
const numbers = new WeakMap<object, number>()
let next = 0

/**
 * The one object for all programs that are equal to this as JSON and share the data of their constants: numbers in parameters are
 * finite, and no −0.
 *
 * @example
 * const { program } = record(x => x.exp(), { dtype: 'f32', shape: [2] })
 * unique(program) === unique(structuredClone(program)) // → true
 */
export function unique(program: Program): Program {
  if (numbers.has(program)) return program
  const { avals, inputs, constants, instructions, outputs } = program
  const shared = constants.flatMap(({ value, data }) => [value, numberOf(data)])
  const text = JSON.stringify([inputs, outputs, shared, avals, instructions.map(numbered)])
  const found = known.get(text)?.deref()
  if (found) return found
  known.set(text, new WeakRef(program))
  gone.register(program, text)
  numberOf(program)
  return program
}

function numberOf(one: object): number {
  const number = numbers.get(one) ?? next++
  numbers.set(one, number)
  return number
}

/** What is in the place of programs where a text is made of what holds them. */
const nameOf = (program: Program): string => `#${numberOf(unique(program))}`

/**
 * Parameters with names in the place of programs: equal for equal parameters, and short.
 *
 * @example
 * named({ axes: [0] }) // → { axes: [0] }
 */
export function named(params: Params): Params {
  let changed: { [key: string]: Json } | undefined
  for (const key in params) {
    const value = params[key] as Json
    if (value === null || typeof value !== 'object' || Array.isArray(value)) continue
    const short = 'instructions' in value ? nameOf(value as unknown as Program) : named(value as Params)
    if (short !== value) changed = { ...(changed ?? params), [key]: short }
  }
  return changed ?? params
}

/**
 * Parameters as text: equal for equal parameters, and empty where there are none, as of most instructions of scalars.
 *
 * @example
 * writtenParams({}) // → ''
 * writtenParams({ axes: [0] }) // → '{"axes":[0]}'
 */
export function writtenParams(params: Params): string {
  for (const _ in params) return JSON.stringify(params)
  return ''
}

function numbered(instruction: Instruction): Instruction {
  const params = named(instruction.params)
  return params === instruction.params ? instruction : { ...instruction, params }
}

/** Parameters with each program in them as the one object of those that are equal. */
export function withUnique<P extends object>(params: P): P {
  let changed: P | undefined
  for (const [key, value] of Object.entries(params)) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) continue
    const one = 'instructions' in value ? unique(value as Program) : withUnique(value)
    if (one !== value) changed = { ...(changed ?? params), [key]: one }
  }
  return changed ?? params
}
