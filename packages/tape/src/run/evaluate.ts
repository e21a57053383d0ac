import { type Aval, type Data, formatAval, opOf, type Params, type Program } from '../program/index.js'
import { ARENA_LIMIT_BYTES, Arena } from './arena.js'
import { compileWithin } from './compile-within.js'
import type { Executable } from './executable.js'

/** Executables of single instructions by op, avals and parameters, the latest last. */
const executables = new Map<string, Executable>()
const EXECUTABLE_CACHE = 512

/** Arenas without a budget that nobody has borrowed, the latest first. Engines allow only a few hundred memories at a time. */
const spare: Arena[] = []
const SPARE_COUNT = 4

/**
 * The arena of everything that runs without a budget, one after the other: single operations on concrete tensors,
 * and functions whose memory is not limited.
 */
export function commonArena(): Arena {
  if (spare.length === 0) spare.push(new Arena())
  return spare[0] as Arena
}

/** The common arena for one user alone, to whom its bytes belong until it is given back; another takes its place. */
export const borrowArena = (): Arena => spare.shift() ?? new Arena()

/** Makes a borrowed arena the common one again. */
export function giveBack(arena: Arena): void {
  spare.unshift(arena)
  if (spare.length > SPARE_COUNT) spare.pop()
}

/**
 * Computes one instruction on data, in the common arena.
 *
 * @throws {@link BudgetError} if no plan fits it.
 */
export function evaluate(
  op: string,
  avals: readonly Aval[],
  inputs: readonly Data[],
  params: Params,
): readonly { aval: Aval; data: Data }[] {
  const key = `${op} ${avals.map(formatAval).join(' ')} ${JSON.stringify(params)}`
  const executable =
    executables.get(key) ?? compileWithin(instructionAlone(op, avals, params), ARENA_LIMIT_BYTES, {})
  executables.delete(key)
  executables.set(key, executable)
  if (executables.size > EXECUTABLE_CACHE) executables.delete(executables.keys().next().value as string)
  return execute(commonArena(), executable, inputs)
}

/** Runs an executable in an arena on data for each of its inputs. */
export function execute(
  arena: Arena,
  executable: Executable,
  inputs: readonly Data[],
): readonly { aval: Aval; data: Data }[] {
  arena.load(executable)
  inputs.forEach((data, k) => {
    arena.write(k, data)
  })
  arena.run()
  return executable.outputs.map(({ aval }, k) => ({ aval, data: arena.read(k) }))
}

/** A program of one instruction, with an input for each operand. */
export function instructionAlone(op: string, avals: readonly Aval[], params: Params): Program {
  const outputs = opOf(op).infer(avals, params)
  const inputs = avals.map((_, k) => k)
  const results = outputs.map((_, k) => avals.length + k)
  return {
    avals: [...avals, ...outputs],
    inputs,
    constants: [],
    instructions: [{ op, inputs, outputs: results, params }],
    outputs: results,
  }
}
