import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import {
  type Aval,
  avalsIn,
  bytesOfAll,
  type Call,
  controlOf,
  type Instruction,
  type Program,
} from '../program/index.js'
import { costOf } from '../run/index.js'

/** What a predicate is told of an instruction inside of a checkpointed function. */
export interface InstructionFacts {
  readonly op: string
  /** The name that `named` gave. */
  readonly name?: string
  readonly inputs: readonly Aval[]
  readonly outputs: readonly Aval[]
  /** Bytes of all results. */
  readonly bytes: number
  /** Cost of computing them, in FLOP equivalents. */
  readonly cost: number
}

/**
 * What is kept of the inside of a checkpointed function until its pullback: nothing; the results of products of matrices
 * and convolutions; everything; values with these names (see {@link named}); or the results of the instructions for which a
 * predicate holds.
 */
export type Keep =
  | 'nothing'
  | 'dots'
  | 'everything'
  | readonly string[]
  | ((instruction: InstructionFacts) => boolean)

/** What is kept, as the parameter of an instruction: a predicate is asked once, of the recorded function alone. */
export type KeepParam = Exclude<Keep, (...args: never) => boolean>

/** Ops whose results cost much more to compute than they have bytes. */
const DOTS: ReadonlySet<string> = new Set(['matmul', 'conv2d', 'conv2dInputPullback', 'conv2dFilterPullback'])

/** The values of a program that are kept, in the order in which they are computed. */
export const keptValues = (program: Program, keep: Keep): readonly number[] =>
  keep === 'nothing' ? [] : visible(program).flatMap(({ value, fact }) => (holds(keep, fact) ? [value] : []))

/** @throws OptionError if a name is none of a value inside. */
export function checkNames(program: Program, keep: Keep): void {
  if (!isNames(keep)) return
  const names = new Set(visible(program).flatMap(({ fact }) => nameOf(fact.instruction) ?? []))
  const missing = keep.find(name => !names.has(name))
  if (missing === undefined) return
  const list = [...names].map(name => JSON.stringify(name)).join(', ')
  throw new OptionError({
    summary: `checkpoint: \`keep\` has ${JSON.stringify(missing)}, which is no name inside of the function.`,
    expected: list ? `names there are: ${list}` : 'names that are there; the function gives none',
    at: callerLocation(),
    fix: isInside(program, missing)
      ? 'it names a value in a loop, a branch or a checkpointed function inside: keep it there'
      : `name the value: named(x, ${JSON.stringify(missing)})`,
    data: { option: 'keep', name: missing },
  })
}

/** @throws OptionError for anything that {@link Keep} is not. */
export function checkKeep(keep: unknown): asserts keep is Keep {
  if (keep === 'nothing' || keep === 'dots' || keep === 'everything' || typeof keep === 'function') return
  if (Array.isArray(keep) && keep.every(name => typeof name === 'string')) return
  throw new OptionError({
    summary: `checkpoint: \`keep\` is ${shown(keep)}.`,
    expected: "'nothing', 'dots', 'everything', a list of names, or a predicate",
    at: callerLocation(),
    data: { option: 'keep' },
  })
}

/** An instruction where its values are. */
interface Fact {
  readonly program: Program
  readonly instruction: Instruction
}

/** The results of all instructions; a value that a call inside keeps is the result of the instruction in there. */
function visible(program: Program): readonly { readonly value: number; readonly fact: Fact }[] {
  return program.instructions.flatMap(instruction => {
    const inside = keptInside(instruction)
    const results = instruction.outputs.length - inside.length
    return instruction.outputs.map((value, k) => ({
      value,
      fact: inside[k - results] ?? { program, instruction },
    }))
  })
}

function keptInside({ op, params }: Instruction): readonly Fact[] {
  if (op !== 'call') return []
  const { body, kept = 0, given = 0 } = params as unknown as Call
  if (kept === 0) return []
  const facts = new Map(visible(body).map(({ value, fact }) => [value, fact]))
  const first = body.outputs.length - given - kept
  return body.outputs.slice(first, first + kept).map(value => facts.get(value) as Fact)
}

const isNames = (keep: Keep): keep is readonly string[] => Array.isArray(keep)

const nameOf = ({ op, params }: Instruction): string | undefined =>
  op === 'named' ? (params.name as string) : undefined

function holds(keep: Keep, fact: Fact): boolean {
  const { instruction } = fact
  if (keep === 'everything') return true
  if (keep === 'dots') return DOTS.has(instruction.op)
  if (isNames(keep)) return keep.includes(nameOf(instruction) as string)
  return typeof keep === 'function' && answerOf(keep, factsOf(fact))
}

/** @throws OptionError if a predicate answers with anything else than a boolean. */
function answerOf(keep: (facts: InstructionFacts) => unknown, facts: InstructionFacts): boolean {
  const answer = keep(facts)
  if (typeof answer === 'boolean') return answer
  throw new OptionError({
    summary: `checkpoint: \`keep\` gave ${answer instanceof Promise ? 'a promise' : shown(answer)} for ${facts.op}.`,
    expected: 'true or false for each instruction',
    at: callerLocation(),
    data: { option: 'keep' },
  })
}

function factsOf({ program, instruction }: Fact): InstructionFacts {
  const [inputs, outputs] = [avalsIn(program, instruction.inputs), avalsIn(program, instruction.outputs)]
  const name = nameOf(instruction)
  return {
    op: instruction.op,
    ...(name !== undefined && { name }),
    inputs,
    outputs,
    bytes: bytesOfAll(outputs),
    cost: costOf({
      avals: program.avals,
      inputs: [...new Set(instruction.inputs)],
      constants: [],
      instructions: [instruction],
      outputs: instruction.outputs,
    }),
  }
}

/** Whether a name occurs in a program, or in one inside of its instructions. */
const isInside = (program: Program, name: string): boolean =>
  program.instructions.some(
    instruction =>
      nameOf(instruction) === name ||
      Object.values(controlOf(instruction) ?? {}).some(
        part => typeof part === 'object' && 'instructions' in part && isInside(part, name),
      ),
  )
