import { type Aval, type Data, formatAval, opOf, type Params, type Program } from '../program/index.js'
import { Arena } from './arena.js'
import type { Arithmetic } from './compile.js'
import { compileWithin } from './compile-within.js'
import type { Executable } from './executable.js'

/** Executables of single instructions by op, avals, parameters and the bytes they may need, the latest last. */
const executables = new Map<string, Executable>()
const EXECUTABLE_CACHE = 512

let common: Arena | undefined

/**
 * The arena of everything that runs without a budget, one after the other: single operations on concrete tensors,
 * and functions whose memory is not limited. Engines allow only a few hundred memories at a time.
 */
export function commonArena(): Arena {
  common ??= new Arena()
  return common
}

/** Where and how {@link evaluate} computes. */
export interface EvaluateOptions {
  /** Default: the common one. */
  readonly arena?: Arena | undefined
  /** Default `'fast'`. */
  readonly arithmetic?: Arithmetic | undefined
}

/**
 * Computes one instruction on data.
 *
 * @throws {@link BudgetError} if no plan fits the arena.
 */
export function evaluate(
  op: string,
  avals: readonly Aval[],
  inputs: readonly Data[],
  params: Params,
  { arena = commonArena(), arithmetic = 'fast' }: EvaluateOptions = {},
): readonly { aval: Aval; data: Data }[] {
  const key = `${op} ${avals.map(formatAval).join(' ')} ${JSON.stringify(params)} ${arithmetic} ${arena.maximumBytes}`
  const executable =
    executables.get(key) ??
    compileWithin(instructionAlone(op, avals, params), arena.maximumBytes, { arithmetic })
  executables.delete(key)
  executables.set(key, executable)
  if (executables.size > EXECUTABLE_CACHE) executables.delete(executables.keys().next().value as string)
  return execute(arena, executable, inputs)
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

function instructionAlone(op: string, avals: readonly Aval[], params: Params): Program {
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
