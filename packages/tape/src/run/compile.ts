import {
  assemble,
  detectFeatures,
  encodeCalls,
  type Features,
  type Kernel,
  type KernelCall,
} from '@wengert/kernels'
import { BudgetError } from '../errors.js'
import { type Plan, plan } from '../plan/index.js'
import { type Aval, formatAval, hash, type Program } from '../program/index.js'
import type { Executable, Static } from './executable.js'
import { type Lowered, lower } from './lower.js'

/** How a program is compiled. */
export interface CompileOptions {
  /** Bytes the executable may need in all; default: as many as it takes to compute everything once. */
  readonly memoryBytes?: number | undefined
  /** Inputs that keep their bytes from run to run, by position; default: none. */
  readonly pinned?: readonly boolean[] | undefined
  /** Whether it runs in a shared arena. */
  readonly shared?: boolean | undefined
  /**
   * `'fast'` fuses multiply-add where the host can; `'portable'` never does, so that the bits are the same on
   * every engine and processor.
   */
  readonly arithmetic?: Arithmetic | undefined
}

/** Whether multiply-add may be fused. */
export type Arithmetic = 'fast' | 'portable'

/**
 * Plans a program under a byte budget and compiles it to WebAssembly.
 *
 * @throws {@link BudgetError} if no plan fits, naming the fewest bytes that would do.
 * @example
 * const { program } = record(x => x.mul(x), tensor([1, 2, 3]))
 * const arena = new Arena()
 * arena.load(compile(program))
 * arena.write(0, new Float32Array([1, 2, 3]))
 * arena.run()
 * Array.from(arena.read(0)) // → [1, 4, 9]
 */
export function compile(program: Program, options: CompileOptions = {}): Executable {
  const { memoryBytes = Number.POSITIVE_INFINITY, pinned = [], shared = false, arithmetic = 'fast' } = options
  const lowered = lower(program, pinned)
  const chosen = planWithin(program, lowered, memoryBytes)
  const features: Features = { fma: arithmetic === 'fast' && detectFeatures().fma }
  const unique = new Map<string, Kernel>()
  for (const kernel of lowered.kernels) unique.set(kernel.key, kernel)
  const module = moduleOf([...unique.values()], features, shared)
  return layOut(program, lowered, chosen, [...unique.keys()], { module, features, shared, pinned })
}

function planWithin(program: Program, lowered: Lowered, budgetBytes: number): Plan {
  try {
    return plan(lowered.graph, { budgetBytes })
  } catch (error) {
    throw error instanceof BudgetError ? tooTight(program, lowered, error) : error
  }
}

/** What the planner says of steps, said of instructions. */
function tooTight(program: Program, { instructionOf }: Lowered, cause: BudgetError): BudgetError {
  const { budgetBytes, leastBytes } = cause
  const step = cause.data.step
  const instruction =
    typeof step === 'number' ? program.instructions[instructionOf[step] as number] : undefined
  return new BudgetError({
    summary: `No plan fits ${budgetBytes} bytes.`,
    expected: `a budget of at least ${leastBytes} bytes`,
    at: instruction && describe(program, instruction),
    fix: `give at least ${leastBytes} bytes, or use smaller batches or layers`,
    budgetBytes,
    leastBytes,
    cause,
  })
}

function describe(program: Program, { op, inputs, outputs }: Program['instructions'][number]): string {
  const written = (values: readonly number[]) =>
    values.map(value => `%${value} ${formatAval(program.avals[value] as Aval)}`).join(', ')
  return `${written(outputs)} = ${op} ${written(inputs)}`
}

/** Modules by kernels and features, the latest last; programs of the same kernels share one. */
const modules = new Map<string, WebAssembly.Module>()
const MODULE_CACHE = 256

function moduleOf(kernels: readonly Kernel[], features: Features, shared: boolean): WebAssembly.Module {
  const key = JSON.stringify([features, shared, kernels.map(kernel => kernel.key)])
  const known = modules.get(key)
  if (known) modules.delete(key)
  const module = known ?? new WebAssembly.Module(assemble(kernels, features, { shared }))
  modules.set(key, module)
  if (modules.size > MODULE_CACHE) modules.delete(modules.keys().next().value as string)
  return module
}

/** What an executable runs on. */
interface Host {
  readonly module: WebAssembly.Module
  readonly features: Features
  readonly shared: boolean
  readonly pinned: readonly boolean[]
}

/** Assigns addresses: the planned region first, the call records after it. */
function layOut(
  program: Program,
  { graph, storageOf, kernels }: Lowered,
  chosen: Plan,
  kernelKeys: readonly string[],
  { module, features, shared, pinned }: Host,
): Executable {
  const indexOf = new Map(kernelKeys.map((key, index) => [key, index]))
  const address = new Array<number>(graph.bytes.length).fill(-1)
  graph.inputs.forEach(({ storage }, k) => {
    address[storage] = chosen.inputOffsets[k] as number
  })
  const calls: KernelCall[] = []
  for (const action of chosen.actions) {
    if (action.kind !== 'run') continue
    const step = graph.steps[action.step] as (typeof graph.steps)[number]
    const kernel = kernels[action.step] as Kernel
    const inputs = step.inputs.map(storage => address[storage] as number)
    step.outputs.forEach((storage, k) => {
      address[storage] = action.offsets[k] as number
    })
    calls.push({
      kernel: indexOf.get(kernel.key) as number,
      inputs,
      outputs: step.outputs.map(storage => address[storage] as number),
      scratch: Math.max(0, action.scratchOffset),
    })
  }
  const records = encodeCalls(calls)
  const begin = chosen.peakBytes
  const statics: Static[] = program.constants.map(({ data }, k) => ({
    offset: chosen.inputOffsets[program.inputs.length + k] as number,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  }))
  statics.push({ offset: begin, data: new Uint8Array(records.buffer) })
  const slot = (value: number) => ({
    aval: program.avals[value] as Aval,
    offset: address[storageOf[value] as number] as number,
  })
  const inputs = program.inputs.map((value, k) => ({
    aval: program.avals[value] as Aval,
    offset: chosen.inputOffsets[k] as number,
    pinned: pinned[k] ?? false,
  }))
  const outputs = program.outputs.map(slot)
  return {
    hash: hash([
      JSON.stringify([kernelKeys, features, shared, inputs, outputs, statics.map(({ offset }) => offset)]),
      ...statics.map(({ data }) => data),
    ]),
    module,
    shared,
    statics,
    calls: { begin, end: begin + records.byteLength },
    inputs,
    outputs,
    peakBytes: begin + chosen.recordBytes,
    cost: chosen.cost,
    extraCost: chosen.extraCost,
  }
}
