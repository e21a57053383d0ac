import { type Kernel, recordBytes, shift, slotBytes } from '@wengert/kernels'
import { checkArgument } from '../options.js'
import type { Graph } from '../plan/index.js'
import {
  type Aval,
  avalsIn,
  bytesOf,
  bytesOfAll,
  checkProgram,
  controlOf,
  formatAval,
  type Instruction,
  named,
  opOf,
  type Program,
  readBytes,
  writtenParams,
} from '../program/index.js'
import { checkCounted } from './beyond-count.js'
import { lowerControl } from './control.js'
import { initialNumbers } from './initial.js'
import { costOnce, type Inner, type Lowered, type Place } from './lowered.js'
import { type Enclose, Regions } from './region.js'
import type { Types, Unit } from './unit.js'

/**
 * Lowers each instruction to a unit of kernels. Instructions that only rename a shape vanish; their outputs share the
 * storage of their input.
 *
 * @param pinned which inputs of the program stay in the arena from run to run.
 * @param regions what was planned already of the programs inside of instructions.
 * @example
 * const { program } = record(x => reshape(exp(x), [2, 1]), tensor([1, 2]))
 * lower(program, [false]).graph.steps.length // → 1
 */
export const lower = (
  program: Program,
  pinned: readonly boolean[],
  inner: Inner = 'ample',
  regions = new Regions(),
): Lowered => {
  checkProgram('lower', program)
  checkArgument('lower', '`pinned`', pinned, Array.isArray(pinned), 'a list of booleans')
  const places = program.inputs.map((_, k): Place => (pinned[k] ? 'pinned' : 'passing'))
  return lowerAt(program, places, inner, regions)
}

/** Plans programs inside of instructions. */
export const enclosing =
  (inner: Inner, regions: Regions): Enclose =>
  (program, places) =>
    regions.of(program, places, inner, () => lowerAt(program, places, inner, regions))

/** Cost of each instruction of a program. */
export function instructionCosts(program: Program, inner: Inner, regions: Regions): readonly number[] {
  const places = program.inputs.map((): Place => 'external')
  const { graph, instructionOf } = lowerAt(program, places, inner, regions)
  const costs = program.instructions.map(() => 0)
  graph.steps.forEach(({ cost }, step) => {
    costs[instructionOf[step] as number] = cost
  })
  return costs
}

/** As {@link lower}, with a place for each input. */
function lowerAt(program: Program, places: readonly Place[], inner: Inner, regions: Regions): Lowered {
  const storageOf = new Array<number>(program.avals.length).fill(Number.NaN)
  const bytes: number[] = []
  const store = (value: number) => {
    storageOf[value] = bytes.length
    bytes.push(slotBytes(bytesOf(program.avals[value] as Aval)))
    return bytes.length - 1
  }
  const inputs: Graph['inputs'][number][] = []
  let externals = 0
  program.inputs.forEach((value, k) => {
    if (places[k] === 'external') storageOf[value] = -1 - externals++
    else inputs.push({ storage: store(value), pinned: places[k] === 'pinned' })
  })
  for (const { value } of program.constants) inputs.push({ storage: store(value), pinned: true })
  const steps: Graph['steps'][number][] = []
  const units: Unit[] = []
  const operands: number[][] = []
  const instructionOf: number[] = []
  const numbers = initialNumbers(program)
  const unitOf = unitsOf(program, inner, regions)
  program.instructions.forEach((instruction, index) => {
    if (numbers.unmade.has(instruction)) return
    const read = numbers.inputs.get(instruction) ?? instruction.inputs
    const storages = read.map(value => storageOf[value] as number)
    const unit = unitOf({ ...instruction, inputs: read })
    if (unit === 'alias') {
      storageOf[instruction.outputs[0] as number] = storages[0] as number
      return
    }
    units.push(unit)
    operands.push(storages)
    instructionOf.push(index)
    if (unit.inPlace) storageOf[instruction.outputs[0] as number] = outsideOf(storages)
    steps.push({
      inputs: storages.filter(storage => storage >= 0),
      outputs: unit.inPlace ? [] : instruction.outputs.map(store),
      scratchBytes: Math.ceil(unit.scratchBytes / 16) * 16,
      cost: unit.cost,
      recordBytes: unit.recordBytes,
    })
  })
  checkCounted(program, bytes)
  const outputs = program.outputs.map(value => storageOf[value] as number).filter(storage => storage >= 0)
  return { graph: { bytes, inputs, steps, outputs, move: MOVE }, storageOf, units, operands, instructionOf }
}

/** Where the first operand lies, to which others are added; what is planned may be computed again, and must not be changed. */
function outsideOf([first]: readonly number[]): number {
  if (first === undefined || first >= 0) throw new Error('Only what lies outside can be added to.')
  return first
}

/** Reading a byte and writing it. */
const MOVE = { costPerByte: 2, recordBytes: recordBytes(shift({ bytes: 16 })) }

/** Gives the unit of each instruction of a program; those that do the same on the same avals share one. */
function unitsOf(
  program: Program,
  inner: Inner,
  regions: Regions,
): (instruction: Instruction) => Unit | 'alias' {
  const { units } = regions
  const enclose = enclosing(inner, regions)
  return instruction => {
    const [inputs, outputs] = [avalsIn(program, instruction.inputs), avalsIn(program, instruction.outputs)]
    const { op, params } = instruction
    const control = controlOf(instruction)
    const key = `${control ? inner : ''} ${op} ${formatAvals(inputs)} ${formatAvals(outputs)} ${writtenParams(named(params))}`
    const known = units.get(key)
    if (known) return known
    const types = { inputs, outputs }
    const unit = control ? lowerControl(control, types, enclose) : unitOf(op, types, params)
    units.set(key, unit)
    return unit
  }
}

const formatAvals = (avals: readonly Aval[]) => avals.map(formatAval).join(' ')

function unitOf(op: string, { inputs, outputs }: Types, params: Instruction['params']): Unit | 'alias' {
  const { lower, inPlace = false } = opOf(op)
  if (!lower) throw new Error(`The op ${op} cannot be lowered.`)
  const kernel = lower(inputs, outputs, params)
  if (kernel === 'alias') return kernel
  const read = op === 'fused' ? readBytes(inputs, params) : bytesOfAll(inputs)
  return unitOfKernel(kernel, read + bytesOfAll(outputs), inPlace)
}

/** Moving a byte takes about as long as a FLOP at full speed: 10 ns a cache line, at 4 FLOP a ns. */
const unitOfKernel = (kernel: Kernel, moved: number, inPlace: boolean): Unit => ({
  kernels: [kernel],
  scratchBytes: kernel.scratchBytes,
  cost: (kernel.work ?? kernel.flops) + moved,
  recordBytes: recordBytes(kernel),
  inPlace,
  calls: ({ inputs, outputs, scratch }) => {
    const [first, ...rest] = inputs as readonly [number]
    return [{ kernel, scratch, ...(inPlace ? { inputs: rest, outputs: [first] } : { inputs, outputs }) }]
  },
})

/**
 * Cost of one run of a program, every instruction once, in FLOP equivalents: FLOP, and one for each byte that is
 * read or written.
 *
 * @example
 * const { program } = record((x, y) => x.mul(y), tensor([1, 2, 3]), tensor([4, 5, 6]))
 * costOf(program) // → 39
 */
export function costOf(program: Program): number {
  return costOnce(lower(program, []))
}
