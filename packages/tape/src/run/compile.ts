import {
  assemble,
  detectFeatures,
  encodeCalls,
  type Features,
  type Kernel,
  type KernelCall,
} from '@wengert/kernels'
import { BudgetError } from '../errors.js'
import { type Action, leastBytes, type Plan, plan } from '../plan/index.js'
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
  const found = planWithRecords(lowered, memoryBytes)
  if (!('plan' in found)) throw tooTight(program, lowered, memoryBytes, found.cause)
  const chosen = found.plan
  const features: Features = { fma: arithmetic === 'fast' && detectFeatures().fma }
  const unique = new Map<string, Kernel>()
  for (const kernel of lowered.kernels) unique.set(kernel.key, kernel)
  const module = moduleOf([...unique.values()], features, shared)
  return layOut(program, lowered, chosen, [...unique.keys()], { module, shared, pinned })
}

/** Bytes of call records that a plan needs in the arena. */
function recordBytes({ kernels }: Lowered, actions: readonly Action[]): number {
  let words = 0
  for (const action of actions) {
    if (action.kind !== 'run') continue
    const kernel = kernels[action.step] as Kernel
    words += 3 + kernel.inputs + kernel.outputs
  }
  return Math.ceil((4 * words) / 16) * 16
}

/** Bytes of the planned region and of the call records together. */
const wholeBytes = (lowered: Lowered, found: Plan): number =>
  found.peakBytes + recordBytes(lowered, found.actions)

/**
 * Plans so that the planned region and the call records fit together, or gives the reason why the region alone did
 * not. Records grow with what is run again, so the region's share is narrowed until both fit; the plan with the
 * least peak is the last resort.
 */
function planWithRecords(lowered: Lowered, memoryBytes: number): { plan: Plan } | { cause?: BudgetError } {
  let share = memoryBytes
  let cause: BudgetError | undefined
  while (share > 0 && !cause) {
    const found = tryPlan(lowered, share)
    if ('plan' in found) {
      if (wholeBytes(lowered, found.plan) <= memoryBytes) return found
      share = Math.min(share - 16, memoryBytes - recordBytes(lowered, found.plan.actions))
    } else {
      cause = found
    }
  }
  const least = plan(lowered.graph, { budgetBytes: leastBytes(lowered.graph) })
  if (wholeBytes(lowered, least) <= memoryBytes) return { plan: least }
  return cause ? { cause } : {}
}

/** Halvings after which the search for the fewest bytes ends: exact up to 4 KiB of call records. */
const HALVINGS = 8

/** The fewest bytes in which planning succeeds, call records included; fewer than `memoryBytes` are not tried. */
function fewestBytes(lowered: Lowered, memoryBytes: number): number {
  const { graph } = lowered
  const once = plan(graph)
  const least = plan(graph, { budgetBytes: leastBytes(graph) })
  // Both are multiples of 16; planning succeeds with the first and fails with the second.
  let enough = Math.min(wholeBytes(lowered, once), wholeBytes(lowered, least))
  const region = least.peakBytes + recordBytes(lowered, once.actions) - 16
  let tooFew = Math.max(Math.floor(memoryBytes / 16) * 16, region)
  for (let k = 0; k < HALVINGS && enough - tooFew > 16; k++) {
    const middle = Math.floor((enough + tooFew) / 32) * 16
    if ('plan' in planWithRecords(lowered, middle)) enough = middle
    else tooFew = middle
  }
  return enough
}

function tryPlan({ graph }: Lowered, budgetBytes: number): { plan: Plan } | BudgetError {
  try {
    return { plan: plan(graph, { budgetBytes }) }
  } catch (error) {
    if (error instanceof BudgetError) return error
    throw error
  }
}

function tooTight(
  program: Program,
  lowered: Lowered,
  budgetBytes: number,
  cause: BudgetError | undefined,
): BudgetError {
  const least = fewestBytes(lowered, budgetBytes)
  const step = cause?.data.step
  const instruction =
    typeof step === 'number' ? program.instructions[lowered.instructionOf[step] as number] : undefined
  return new BudgetError({
    summary: `No plan fits ${budgetBytes} bytes.`,
    expected: `a budget of at least ${least} bytes`,
    at: instruction && describe(program, instruction),
    fix: `give at least ${least} bytes, or use smaller batches or layers`,
    budgetBytes,
    leastBytes: least,
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

/** Assigns addresses: the planned region first, the call records after it. */
function layOut(
  program: Program,
  { graph, storageOf, kernels }: Lowered,
  chosen: Plan,
  kernelKeys: readonly string[],
  { module, shared, pinned }: { module: WebAssembly.Module; shared: boolean; pinned: readonly boolean[] },
): Executable {
  const indexOf = new Map(kernelKeys.map((key, index) => [key, index]))
  const address = new Array<number>(graph.bytes.length).fill(-1)
  graph.inputs.forEach(({ storage }, k) => {
    address[storage] = chosen.inputOffsets[k] as number
  })
  const calls: KernelCall[] = []
  let extraCost = 0
  const ran = new Set<number>()
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
    if (ran.has(action.step)) extraCost += step.cost
    ran.add(action.step)
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
  return {
    hash: hash([
      JSON.stringify([
        program.avals,
        program.inputs,
        program.instructions,
        program.outputs,
        kernelKeys,
        shared,
        pinned,
      ]),
      ...statics.map(({ data }) => data),
    ]),
    module,
    shared,
    statics,
    calls: { begin, end: begin + records.byteLength },
    inputs: program.inputs.map((value, k) => ({
      aval: program.avals[value] as Aval,
      offset: chosen.inputOffsets[k] as number,
      pinned: pinned[k] ?? false,
    })),
    outputs: program.outputs.map(slot),
    peakBytes: begin + Math.ceil(records.byteLength / 16) * 16,
    cost: chosen.cost,
    extraCost,
  }
}
