/**
 * Loops that carry the same are one loop. The tangent of a loop carries the state of the loop beside its own, and the
 * residuals of a loop in a loop come from a copy of it that gives more.
 *
 * Which carries are the same is found like equal values in a program with cycles (Alpern, Wegman & Zadeck, Detecting equality of
 * variables in programs, POPL 1988): all that begin alike are taken to be, until a step tells them apart.
 */
import { type Aval, formatAval, type Instruction, type Program, paramsOf } from '../program/index.js'
import { mapPrograms, type Scan, scanOf } from './inner.js'
import { withInputs } from './prune.js'
import { simplify } from './simplify.js'
import { abreast, statesOf, stepsOf } from './steps.js'

/** The program with loops merged where the state of one is part of that of another, also inside of instructions. */
export function mergeLoops(program: Program): Program {
  let merged = program
  if (program.instructions.some(one => scanOf(one) !== undefined)) {
    for (let next = mergeTwo(merged); next; next = mergeTwo(merged)) merged = next
  }
  let changed = merged !== program
  const instructions = merged.instructions.map(instruction => {
    let inside = false
    const mapped = mapPrograms(instruction, inner => {
      const after = mergeLoops(inner)
      inside ||= after !== inner
      return after
    })
    changed ||= inside
    return inside ? mapped : instruction
  })
  return changed ? simplify({ ...merged, instructions }) : program
}

function mergeTwo(program: Program): Program | undefined {
  const { instructions } = program
  const scans = instructions.flatMap((instruction, at) => {
    const scan = scanOf(instruction)
    return scan && scan.every === undefined && !scan.tail ? [{ at, scan, init: initOf(instruction) }] : []
  })
  const alikeOf = startingAlike(scans)
  for (const [k, first] of scans.entries()) {
    for (const other of alikeOf(k)) {
      const second = scans[other] as Scanning
      const before = neededBefore(program, first.at, second.at)
      const both =
        before && mergedScan(instructions[first.at] as Instruction, instructions[second.at] as Instruction)
      if (both) return inPlace(program, first.at, second.at, before, both)
    }
  }
  return undefined
}

/** A scan of a program, where it is, and the values from which its carry starts. */
interface Scanning {
  readonly at: number
  readonly scan: Scan
  readonly init: readonly number[]
}

/** Of each scan those behind it that take as many steps the same way and start from one of its values, in their order. */
function startingAlike(scans: readonly Scanning[]): (k: number) => readonly number[] {
  const keysOf = ({ scan, init }: Scanning) =>
    new Set(init.map(value => `${scan.length} ${scan.reverse} ${value}`))
  const starting = new Map<string, number[]>()
  scans.forEach((one, k) => {
    for (const key of keysOf(one)) {
      const known = starting.get(key)
      if (known) known.push(k)
      else starting.set(key, [k])
    }
  })
  return k => {
    const found = new Set([...keysOf(scans[k] as Scanning)].flatMap(key => starting.get(key) ?? []))
    return [...found].filter(other => other > k).sort((a, b) => a - b)
  }
}

const initOf = ({ inputs, params }: Instruction): readonly number[] => {
  const { constants, carries } = params as unknown as Scan
  return inputs.slice(constants, constants + carries)
}

/** The instructions between two that the second needs; undefined if it needs the first. */
function neededBefore({ instructions }: Program, first: number, second: number): Set<number> | undefined {
  const needed = new Set<number>()
  const values = new Set(instructions[second]?.inputs)
  for (let k = second - 1; k > first; k--) {
    const { inputs, outputs } = instructions[k] as Instruction
    if (!outputs.some(value => values.has(value))) continue
    needed.add(k)
    for (const value of inputs) values.add(value)
  }
  return instructions[first]?.outputs.some(value => values.has(value)) ? undefined : needed
}

/** A scan that gives what two do, with those of its outputs for which outputs of the second stand. */
interface Merged {
  readonly instruction: Instruction
  readonly same: ReadonlyMap<number, number>
}

function mergedScan(a: Instruction, b: Instruction): Merged | undefined {
  const [ofA, ofB] = [scanOf(a) as Scan, scanOf(b) as Scan]
  const both = abreast([stepsOf(a), stepsOf(b)])
  const { body, outside, init, arrays } = both
  const carry = body.inputs.slice(outside.length, outside.length + init.length)
  const repeated = new Map([
    ...repetitions(outside, body.inputs),
    ...repetitions(arrays, body.inputs.slice(outside.length + init.length)),
  ])
  const resultsOfA = body.outputs.slice(ofA.carries, ofA.body.outputs.length)
  const ofBothSteps = body.outputs.slice(ofA.body.outputs.length)
  const next = [...body.outputs.slice(0, ofA.carries), ...ofBothSteps.slice(0, ofB.carries)]
  const outputs = [...next, ...resultsOfA, ...ofBothSteps.slice(ofB.carries)]
  const kinds = carry.map(value => formatAval(body.avals[value] as Aval))
  let pairs = alike(init, kinds, ofA.carries)
  let step = body
  for (let apart = [-1]; apart.length > 0; ) {
    if (pairs.size < Math.min(ofA.carries, ofB.carries)) return undefined
    step = renamed(body, outputs, repeated, pairs, carry)
    apart = [...pairs.keys()].filter(k => step.outputs[k] !== step.outputs[pairs.get(k) as number])
    pairs = new Map([...pairs].filter(([k]) => !apart.includes(k)))
  }
  const carries = init.flatMap((_, k) => (pairs.has(k) ? [] : [k]))
  const place = (k: number) => carries.indexOf(pairs.get(k) ?? k)
  const last = [...a.outputs.slice(0, ofA.carries), ...b.outputs.slice(0, ofB.carries)]
  const same = new Map([...pairs].map(([k, j]) => [last[k] as number, last[j] as number]))
  const results = resultsOf(step.outputs.slice(init.length), [...ownResults(a), ...ownResults(b)], same)
  const history = new Map<number, number>()
  const given = [...statesOf(a), ...statesOf(b)]
  const states = [...ofA.history, ...ofB.history.map(k => k + ofA.carries)]
  states.forEach((k, at) => {
    const known = history.get(place(k))
    if (known === undefined) history.set(place(k), given[at] as number)
    else same.set(given[at] as number, known)
  })
  const kept = body.inputs.map((value, k) => !repeated.has(value) && !pairs.has(k - outside.length))
  const keptOf = <T>(list: readonly T[], from: number) => list.filter((_, k) => kept[from + k])
  const first = outside.length + init.length
  const constants = keptOf(outside, 0)
  return {
    same,
    instruction: {
      ...a,
      inputs: [...constants, ...carries.map(k => init[k] as number), ...keptOf(arrays, first)],
      outputs: [...carries.map(k => last[k] as number), ...results.values(), ...history.values()],
      params: paramsOf({
        ...ofA,
        body: withInputs(
          { ...step, outputs: [...carries.map(k => step.outputs[k] as number), ...results.keys()] },
          kept,
        ),
        constants: constants.length,
        carries: carries.length,
        history: [...history.keys()],
      }),
    },
  }
}

/** The outputs of a scan that are rows of its results. */
const ownResults = ({ outputs, params }: Instruction): readonly number[] => {
  const { carries, history } = params as unknown as Scan
  return outputs.slice(carries, outputs.length - history.length)
}

/** Inputs of a body that come from the same values as earlier ones. */
function repetitions(values: readonly number[], inputs: readonly number[]): (readonly [number, number])[] {
  return values.flatMap((value, k) => {
    const earlier = values.indexOf(value)
    return earlier < k ? [[inputs[k] as number, inputs[earlier] as number] as const] : []
  })
}

/** Carries of the second of two loops that begin like one of the first, each with another of those. */
function alike(init: readonly number[], kinds: readonly string[], ofFirst: number): Map<number, number> {
  const pairs = new Map<number, number>()
  const taken = new Set<number>()
  for (let k = ofFirst; k < init.length; k++) {
    for (let j = 0; j < ofFirst; j++) {
      if (taken.has(j) || init[j] !== init[k] || kinds[j] !== kinds[k]) continue
      pairs.set(k, j)
      taken.add(j)
      break
    }
  }
  return pairs
}

/** A step that reads what is the same from one place, without repetitions. */
function renamed(
  body: Program,
  outputs: readonly number[],
  repeated: ReadonlyMap<number, number>,
  pairs: ReadonlyMap<number, number>,
  carry: readonly number[],
): Program {
  const place = new Map(repeated)
  for (const [k, j] of pairs) place.set(carry[k] as number, carry[j] as number)
  const here = (values: readonly number[]) => values.map(value => place.get(value) ?? value)
  const instructions = body.instructions.map(one => ({ ...one, inputs: here(one.inputs) }))
  return simplify({ ...body, instructions, outputs: here(outputs) })
}

/** Results by the value that a step gives for them; arrays of values that are given already stand for others. */
function resultsOf(
  made: readonly number[],
  arrays: readonly number[],
  same: Map<number, number>,
): ReadonlyMap<number, number> {
  const results = new Map<number, number>()
  made.forEach((value, k) => {
    const known = results.get(value)
    if (known === undefined) results.set(value, arrays[k] as number)
    else same.set(arrays[k] as number, known)
  })
  return results
}

/** The program with one scan for two, at the place of the first, behind what it needs. */
function inPlace(
  program: Program,
  first: number,
  second: number,
  before: ReadonlySet<number>,
  { instruction, same }: Merged,
): Program {
  const named = (values: readonly number[]) => values.map(value => same.get(value) ?? value)
  const { instructions } = program
  const between = (needed: boolean) =>
    instructions.slice(first + 1, second).filter((_, k) => before.has(first + 1 + k) === needed)
  const behind = [...between(false), ...instructions.slice(second + 1)]
  return {
    ...program,
    instructions: [
      ...instructions.slice(0, first),
      ...between(true),
      instruction,
      ...behind.map(one => ({ ...one, inputs: named(one.inputs) })),
    ],
    outputs: named(program.outputs),
  }
}
