import {
  type Control,
  controlOf,
  type Instruction,
  type Program,
  paramsOf,
  unique,
} from '../program/index.js'

type Simplify = (program: Program) => Program
type Read = (value: number) => boolean

/**
 * An instruction that runs programs without what nobody reads: outputs, the parts of its programs that compute them, and
 * the operands that only those read. Other instructions stay as they are.
 *
 * @param read whether a value is read later on.
 * @param simplify applied to the programs inside.
 */
export function prune(instruction: Instruction, read: Read, simplify: Simplify): Instruction {
  const control = controlOf(instruction)
  switch (control?.kind) {
    case undefined:
    case 'revolve':
    case 'rewind':
      return instruction
    case 'scan':
      return pruneScan(instruction, control, read, simplify)
    case 'while':
      return pruneWhile(instruction, control, simplify)
    case 'unwind':
      return pruneUnwind(instruction, control, read, simplify)
    case 'cond': {
      const { condition, rest } = {
        condition: instruction.inputs.slice(0, 1),
        rest: instruction.inputs.slice(1),
      }
      const pruned = pruneTogether(instruction, rest, [control.whenTrue, control.whenFalse], read, simplify)
      const [whenTrue, whenFalse] = pruned.programs as [Program, Program]
      return {
        ...instruction,
        inputs: [...condition, ...pruned.inputs],
        outputs: pruned.outputs,
        params: paramsOf({ ...control, whenTrue, whenFalse }),
      }
    }
    case 'call': {
      const pruned = pruneTogether(instruction, instruction.inputs, [control.body], read, simplify)
      const [body] = pruned.programs as [Program]
      const { inputs, outputs } = pruned
      return { ...instruction, inputs, outputs, params: paramsOf({ ...control, body }) }
    }
  }
}

/** Programs of the same inputs and outputs, with the outputs that are read and the inputs that any of them needs. */
function pruneTogether(
  { outputs }: Instruction,
  inputs: readonly number[],
  programs: readonly Program[],
  read: Read,
  simplify: Simplify,
) {
  const kept = outputs.map(read)
  const smaller = programs.map(program => simplify(withOutputs(program, kept)))
  const needs = smaller.map(needed)
  const needsInput = inputs.map((_, k) => needs.some(need => need[k]))
  return {
    inputs: inputs.filter((_, k) => needsInput[k]),
    outputs: outputs.filter((_, k) => kept[k]),
    programs: smaller.map(program => withInputs(program, needsInput)),
  }
}

function pruneScan(
  instruction: Instruction,
  control: Control & { readonly kind: 'scan' },
  read: Read,
  simplify: Simplify,
): Instruction {
  const { inputs, outputs } = instruction
  const { body, constants, carries, history, spill } = control
  const results = body.outputs.length - carries
  const keptResults = outputs.slice(carries, carries + results).map(read)
  const keptHistory = outputs.slice(carries + results).map(read)
  const tail = control.tail && {
    ...control.tail,
    results: count(keptResults.slice(results - control.tail.results)),
  }
  let keptCarries = outputs
    .slice(0, carries)
    .map((value, k) => read(value) || history.some((carry, j) => carry === k && keptHistory[j]))
  // A carry that a kept carry or result needs must be kept too.
  let smaller = body
  for (let before = -1, now = -2; before !== now; ) {
    before = count(keptCarries)
    smaller = simplify(withOutputs(body, [...keptCarries, ...keptResults]))
    const need = needed(smaller)
    keptCarries = keptCarries.map((so, k) => so || need[constants + k] === true)
    now = count(keptCarries)
  }
  const need = needed(smaller)
  const keptInputs = need.map((so, k) =>
    k >= constants && k < constants + carries ? keptCarries[k - constants] === true : so,
  )
  const place = new Map<number, number>()
  keptCarries.forEach((so, k) => {
    if (so) place.set(k, place.size)
  })
  return {
    ...instruction,
    inputs: inputs.filter((_, k) => keptInputs[k]),
    outputs: [
      ...outputs.slice(0, carries).filter((_, k) => keptCarries[k]),
      ...outputs.slice(carries, carries + results).filter((_, k) => keptResults[k]),
      ...outputs.slice(carries + results).filter((_, k) => keptHistory[k]),
    ],
    params: paramsOf({
      ...control,
      body: withInputs(smaller, keptInputs),
      constants: count(keptInputs.slice(0, constants)),
      carries: count(keptCarries),
      history: history.filter((_, k) => keptHistory[k]).map(carry => place.get(carry) as number),
      ...(tail && { tail }),
      ...(spill && { spill: spill.filter((_, k) => keptHistory[k]) }),
    }),
  }
}

/** Loops of unknown length keep their state; only what their programs do not read goes. */
function pruneWhile(
  instruction: Instruction,
  control: Control & { readonly kind: 'while' },
  simplify: Simplify,
): Instruction {
  const { kept, loop } = pruneLoop(control, simplify)
  return {
    ...instruction,
    inputs: instruction.inputs.filter((_, k) => kept[k]),
    params: paramsOf({ ...control, ...loop }),
  }
}

/** What the programs of a loop do not read, and these without it. */
function pruneLoop(control: Control & { readonly kind: 'while' | 'unwind' }, simplify: Simplify) {
  const { conditionConstants, bodyConstants } = control
  const [condition, body] = [simplify(control.condition), simplify(control.body)]
  const ofCondition = needed(condition).slice(0, conditionConstants)
  const ofBody = needed(body).slice(0, bodyConstants)
  const state = body.outputs.map(() => true)
  const loop = {
    condition: withInputs(condition, [...ofCondition, ...state]),
    body: withInputs(body, [...ofBody, ...state]),
    conditionConstants: count(ofCondition),
    bodyConstants: count(ofBody),
  }
  return { kept: [...ofCondition, ...ofBody, ...state], loop }
}

/** The loop stays as it is where it runs by itself; parts of the carry that nobody reads go. */
function pruneUnwind(
  instruction: Instruction,
  control: Control & { readonly kind: 'unwind' },
  read: Read,
  simplify: Simplify,
): Instruction {
  const { inputs, outputs } = instruction
  const { reverse, constants } = control
  const { kept, loop } = pruneLoop(control, simplify)
  const carries = closure(outputs.map(read), flags =>
    needed(simplify(withOutputs(reverse, flags))).slice(constants, constants + outputs.length),
  )
  const smaller = simplify(withOutputs(reverse, carries))
  const outside = needed(smaller).slice(0, constants)
  const state = loop.body.outputs.map(() => true)
  return {
    ...instruction,
    inputs: inputs.filter((_, k) => [...kept, ...outside, ...carries][k]),
    outputs: outputs.filter((_, k) => carries[k]),
    params: paramsOf({
      ...control,
      ...loop,
      reverse: withInputs(smaller, [...outside, ...carries, ...state]),
      constants: count(outside),
    }),
  }
}

/** The parts of what a loop carries that are needed for some, where `needs` says what a step reads for a set of them. */
export function closure(
  parts: readonly boolean[],
  needs: (parts: readonly boolean[]) => readonly boolean[],
): readonly boolean[] {
  for (let known = parts; ; ) {
    const need = needs(known)
    const next = known.map((so, k) => so || need[k] === true)
    if (next.every((so, k) => so === known[k])) return next
    known = next
  }
}

/** The program with some of its outputs. */
export const withOutputs = (program: Program, kept: readonly boolean[]): Program =>
  kept.every(Boolean)
    ? unique(program)
    : unique({ ...program, outputs: program.outputs.filter((_, k) => kept[k]) })

/** How many of some flags are set. */
export const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length

/** Which inputs of a program without dead code are read. */
export function needed({ inputs, instructions, outputs }: Program): boolean[] {
  const read = new Set([...outputs, ...instructions.flatMap(instruction => instruction.inputs)])
  return inputs.map(value => read.has(value))
}

/** The program with some of its inputs; nothing reads the others, which keep their numbers. */
export const withInputs = (program: Program, kept: readonly boolean[]): Program =>
  kept.every(Boolean) ? program : { ...program, inputs: program.inputs.filter((_, k) => kept[k]) }
