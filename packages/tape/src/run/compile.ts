import { assemble, detectFeatures, type Features, type Kernel } from '@wengert/kernels'
import { checkOneOf } from '../options.js'
import { type Aval, checkProgram, hash, type Program } from '../program/index.js'
import { assertRecordsApart } from '../rewrite/index.js'
import type { Planned } from './choose.js'
import type { Executable, Static } from './executable.js'
import { planForArena } from './keep.js'
import { type LaidOut, layOut } from './lay-out.js'
import { checkPlanningOptions, type PlanningOptions } from './planning-options.js'
import { encode, kernelsOf } from './unit.js'

/** How a program is compiled. */
export interface CompileOptions extends PlanningOptions {
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
  checkProgram('compile', program)
  checkPlanningOptions('compile', options, ['shared', 'arithmetic'])
  checkOneOf('shared', options.shared, [true, false])
  checkOneOf('arithmetic', options.arithmetic, ['fast', 'portable'])
  const { memoryBytes = Number.POSITIVE_INFINITY, spillBytes = 0, pinned = [] } = options
  return compilePlanned(planForArena(program, pinned, { memoryBytes, spillBytes }), options)
}

/** Compiles a program as it was planned. */
export function compilePlanned(
  planned: Planned,
  options: Omit<CompileOptions, 'memoryBytes' | 'spillBytes'> = {},
): Executable {
  const { program, lowered, chosen } = planned
  assertRecordsApart(program)
  const { pinned = [], shared = false, arithmetic = 'fast' } = options
  const features = featuresOf(arithmetic)
  const laidOut = layOut(lowered, chosen, 0, [])
  const unique = new Map(kernelsOf(laidOut.calls).map(kernel => [kernel.key, kernel]))
  const module = moduleOf([...unique.values()], features, shared)
  return finish(planned, laidOut, [...unique.keys()], { module, features, shared, pinned })
}

/** What compiled code may use. */
export const featuresOf = (arithmetic: Arithmetic): Features => ({
  fma: arithmetic === 'fast' && detectFeatures().fma,
})

/** Modules by kernels and features, the latest last; programs of the same kernels share one. */
const modules = new Map<string, WebAssembly.Module>()
const MODULE_CACHE = 256

/** The module of some kernels. */
export function moduleOf(
  kernels: readonly Kernel[],
  features: Features,
  shared: boolean,
): WebAssembly.Module {
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
function finish(
  { program, chosen, spilledBytes }: Planned,
  { calls, addressOf }: LaidOut,
  kernelKeys: readonly string[],
  { module, features, shared, pinned }: Host,
): Executable {
  const records = encode(calls, kernelKeys)
  const begin = chosen.peakBytes
  const statics: Static[] = program.constants.map(({ data }, k) => ({
    offset: chosen.inputOffsets[program.inputs.length + k] as number,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  }))
  statics.push({ offset: begin, data: new Uint8Array(records.buffer) })
  const slot = (value: number) => ({ aval: program.avals[value] as Aval, offset: addressOf(value) })
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
    spilledBytes,
    cost: chosen.cost,
    extraCost: chosen.extraCost,
  }
}
