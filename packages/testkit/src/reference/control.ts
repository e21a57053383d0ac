import { type Control, controlOf, type Instruction, type Program } from '@wengert/tape'
import type { Plain } from './plain.js'

/** Runs a program on arrays. */
type Run = (program: Program, inputs: readonly Plain[]) => readonly Plain[]

/** The outputs of an instruction that runs programs, by its definition; undefined for others. */
export function control(
  instruction: Instruction,
  inputs: readonly Plain[],
  run: Run,
): readonly Plain[] | undefined {
  const found = controlOf(instruction)
  switch (found?.kind) {
    case undefined:
      return undefined
    case 'call':
      return run(found.body, inputs)
    case 'cond':
      return run(inputs[0]?.values[0] ? found.whenTrue : found.whenFalse, inputs.slice(1))
    case 'while':
      return loop(found, inputs, run)
    case 'unwind':
      return unwind(found, inputs, run)
    case 'scan':
      return scan(found, inputs, run)
    case 'rewind':
    case 'revolve':
      throw new Error('Only compiled programs reverse from snapshots.')
  }
}

function loop(control: Control & { kind: 'while' }, inputs: readonly Plain[], run: Run): readonly Plain[] {
  return statesOf(control, inputs, run).at(-1) as readonly Plain[]
}

function unwind(control: Control & { kind: 'unwind' }, inputs: readonly Plain[], run: Run): readonly Plain[] {
  const { reverse, constants } = control
  const first = inputs.length - reverse.outputs.length
  const outside = inputs.slice(first - constants, first)
  const states = statesOf(control, inputs.slice(0, first - constants), run).slice(0, -1)
  let carry = inputs.slice(first)
  for (const state of states.reverse()) carry = [...run(reverse, [...outside, ...carry, ...state])]
  return carry
}

/** The states of a loop, from the first to the last. */
function statesOf(
  { condition, body, conditionConstants, bodyConstants }: Control & { kind: 'while' | 'unwind' },
  inputs: readonly Plain[],
  run: Run,
): readonly (readonly Plain[])[] {
  const outside = [
    inputs.slice(0, conditionConstants),
    inputs.slice(conditionConstants, conditionConstants + bodyConstants),
  ]
  const states = [inputs.slice(conditionConstants + bodyConstants)]
  for (;;) {
    const state = states.at(-1) as readonly Plain[]
    if (!run(condition, [...(outside[0] as Plain[]), ...state])[0]?.values[0]) return states
    states.push([...run(body, [...(outside[1] as Plain[]), ...state])])
  }
}

function scan(
  { body, length, reverse, constants, carries, history, every, tail }: Control & { kind: 'scan' },
  inputs: readonly Plain[],
  run: Run,
): readonly Plain[] {
  const arrays = inputs.slice(constants + carries)
  let carry = inputs.slice(constants, constants + carries)
  const results: Plain[][] = Array.from({ length }, () => [])
  const before = length - (tail?.steps ?? 0)
  const past: Plain[][] = Array.from({ length: Math.ceil(before / (every ?? 1)) }, () => [])
  const last: Plain[][] = []
  for (let turn = 0; turn < length; turn++) {
    const k = reverse ? length - 1 - turn : turn
    const states = history.map(index => carry[index] as Plain)
    if (every === undefined) past[k] = states
    else if (turn < before && turn % every === 0) past[turn / every] = states
    const out = run(body, [...inputs.slice(0, constants), ...carry, ...arrays.map(array => row(array, k))])
    carry = out.slice(0, carries)
    results[k] = out.slice(carries)
    if (turn >= before) last.push(out.slice(carries))
  }
  const rows = body.outputs.slice(carries).map(value => body.avals[value] as Program['avals'][number])
  const states = history.map(index => body.avals[body.outputs[index] as number] as Program['avals'][number])
  return [
    ...carry,
    ...rows.map((aval, j) =>
      stack(
        aval,
        (j < rows.length - (tail?.results ?? 0) ? results : last).map(list => list[j] as Plain),
      ),
    ),
    ...states.map((aval, j) =>
      stack(
        aval,
        past.map(list => list[j] as Plain),
      ),
    ),
  ]
}

function row({ dtype, shape, values }: Plain, index: number): Plain {
  const size = shape.slice(1).reduce((a, b) => a * b, 1)
  return { dtype, shape: shape.slice(1), values: Array.from(values).slice(index * size, (index + 1) * size) }
}

const stack = ({ dtype, shape }: Program['avals'][number], rows: readonly Plain[]): Plain => ({
  dtype,
  shape: [rows.length, ...shape],
  values: rows.flatMap(({ values }) => Array.from(values)),
})
