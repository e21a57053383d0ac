import type { Plan } from '../plan/index.js'
import {
  type Aval,
  avalsIn,
  bytesOfAll,
  checkProgram,
  controlOf,
  fusionOf,
  type Instruction,
  type Program,
  writtenOp,
} from '../program/index.js'
import { programsOf } from '../rewrite/index.js'
import type { Planned } from './choose.js'
import type {
  ExplainedCheckpoint,
  ExplainedLoop,
  ExplainedValue,
  Explanation,
  Fate,
  Moment,
} from './explanation.js'
import { planForArena, planKeeping } from './keep.js'
import { costOf } from './lower.js'
import type { Lowered } from './lowered.js'
import { checkPlanningOptions, type PlanningOptions } from './planning-options.js'

/**
 * How a program would be run by {@link compile} with the same options, without compiling it: the plan that was chosen, for
 * people and for pictures. An executable does not carry it, so that lanes receive no more than they run.
 *
 * @throws {@link BudgetError} if no plan fits, naming the fewest bytes that would do.
 * @example
 * const { program } = record(x => matmul(x, x).sum(), tensor([[1, 2], [3, 4]]))
 * const { values, extraCost } = explain(program)
 * values.map(({ op, fate }) => `${op} ${fate}`) // → ['input brief', 'matmul brief', 'sum kept']
 * extraCost // → 0
 */
export function explain(program: Program, options: PlanningOptions = {}): Explanation {
  checkProgram('explain', program)
  checkPlanningOptions('explain', options)
  const { memoryBytes = Number.POSITIVE_INFINITY, spillBytes = 0, pinned = [] } = options
  const planned = planForArena(program, pinned, { memoryBytes, spillBytes })
  const { chosen, lowered } = planned
  const ample =
    chosen.extraCost === 0 && memoryBytes === Number.POSITIVE_INFINITY
      ? chosen
      : planKeeping(program, pinned, { memoryBytes: Number.POSITIVE_INFINITY, spillBytes: 0 }).chosen
  const { timeline, runs, reads } = follow(lowered, chosen)
  const values = valuesOf(planned, runs, reads)
  const bytesOfFate = (fate: Fate) =>
    values.reduce((sum, value) => sum + (value.fate === fate ? value.bytes : 0), 0)
  const count = (kind: Moment['kind']) => timeline.filter(moment => moment.kind === kind).length
  return {
    ...(Number.isFinite(memoryBytes) && { budgetBytes: memoryBytes }),
    peakBytes: chosen.peakBytes + chosen.recordBytes,
    recordBytes: chosen.recordBytes,
    cost: chosen.cost,
    extraCost: chosen.extraCost,
    ampleCost: ample.cost + ample.extraCost,
    values,
    loops: loopsIn(planned.program, 0),
    checkpoints: checkpointsIn(planned.program, 0),
    timeline,
    totals: {
      keptBytes: bytesOfFate('kept'),
      rerunBytes: bytesOfFate('rerun'),
      briefBytes: bytesOfFate('brief'),
      runs: count('run'),
      reruns: count('rerun'),
      drops: count('drop'),
      moves: count('move'),
      movedBytes: planned.chosen.movedBytes,
      moveCost: planned.chosen.movedBytes * (planned.lowered.graph.move?.costPerByte ?? 0),
    },
  }
}

/** A plan, action by action: how often each step runs, and how often each storage is read. */
function follow({ graph }: Lowered, { actions, inputOffsets }: Plan) {
  const runs = graph.steps.map(() => 0)
  const reads = graph.bytes.map(() => 0)
  const extent = new Extent()
  let liveBytes = 0
  const enter = (storage: number, offset: number) => {
    liveBytes += graph.bytes[storage] as number
    extent.enter(storage, offset + (graph.bytes[storage] as number))
  }
  graph.inputs.forEach(({ storage }, k) => {
    enter(storage, inputOffsets[k] as number)
  })
  const timeline = actions.map((action, k): Moment => {
    if (action.kind === 'drop') {
      const arenaBytes = extent.end
      liveBytes -= graph.bytes[action.storage] as number
      extent.leave(action.storage)
      return { action: k, kind: 'drop', value: action.storage, liveBytes, arenaBytes }
    }
    if (action.kind === 'move') {
      extent.leave(action.storage)
      extent.enter(action.storage, action.offset + (graph.bytes[action.storage] as number))
      return { action: k, kind: 'move', value: action.storage, liveBytes, arenaBytes: extent.end }
    }
    const { inputs, outputs, scratchBytes } = graph.steps[action.step] as Lowered['graph']['steps'][number]
    for (const storage of new Set(inputs)) reads[storage] = (reads[storage] as number) + 1
    outputs.forEach((storage, j) => {
      enter(storage, action.offsets[j] as number)
    })
    const kind = runs[action.step] === 0 ? 'run' : 'rerun'
    runs[action.step] = (runs[action.step] as number) + 1
    const arenaBytes = Math.max(
      extent.end,
      action.scratchOffset < 0 ? 0 : action.scratchOffset + scratchBytes,
    )
    return { action: k, kind, value: outputs[0] ?? -1, liveBytes, arenaBytes }
  })
  return { timeline, runs, reads }
}

/** The end of the highest of some ranges that come and go. */
class Extent {
  readonly #ends = new Map<number, number>()
  /** In ascending order. */
  readonly #sorted: number[] = []

  get end(): number {
    return this.#sorted.at(-1) ?? 0
  }

  enter(storage: number, end: number): void {
    this.leave(storage)
    this.#ends.set(storage, end)
    this.#sorted.splice(this.#placeOf(end), 0, end)
  }

  leave(storage: number): void {
    const end = this.#ends.get(storage)
    if (end === undefined) return
    this.#ends.delete(storage)
    this.#sorted.splice(this.#placeOf(end), 1)
  }

  /** Where the first of those that are not lower is. */
  #placeOf(end: number): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] as number) >= end) high = middle
      else low = middle + 1
    }
    return low
  }
}

function valuesOf(
  { program, lowered: { graph, storageOf, instructionOf } }: Planned,
  runs: readonly number[],
  reads: readonly number[],
): readonly ExplainedValue[] {
  const values = new Array<ExplainedValue>(graph.bytes.length)
  const lasting = new Set(graph.outputs)
  const names = namesOf(program, storageOf)
  const put = (value: number, op: string, of: Partial<ExplainedValue>) => {
    const storage = storageOf[value] as number
    const { reruns = 0, cost = 0 } = of
    const fate =
      reruns > 0 ? 'rerun' : lasting.has(storage) || (reads[storage] as number) > 1 ? 'kept' : 'brief'
    const name = names.get(storage)
    values[storage] = {
      value,
      op,
      aval: program.avals[value] as Aval,
      ...(name !== undefined && { name }),
      bytes: graph.bytes[storage] as number,
      scratchBytes: 0,
      cost,
      fate,
      reruns,
      extraCost: reruns * cost,
      ...of,
    }
  }
  for (const value of program.inputs) put(value, 'input', {})
  for (const { value } of program.constants) put(value, 'constant', {})
  graph.steps.forEach(({ scratchBytes, cost }, step) => {
    const instruction = program.instructions[instructionOf[step] as number] as Instruction
    const reruns = (runs[step] as number) - 1
    instruction.outputs.forEach((value, k) => {
      const at = lineOf(instruction, k)
      put(value, writtenOp(instruction, k), {
        reruns,
        ...(k === 0 && { scratchBytes, cost }),
        ...(at !== undefined && { at }),
      })
    })
  })
  return values
}

/** The line that an output of an instruction comes from, if that is known. */
function lineOf({ op, params, at }: Instruction, output: number): string | undefined {
  if (op !== 'fused') return at
  const { nodes, outputs, reduced } = fusionOf(params)
  if (reduced) return at
  return nodes[outputs[output]?.node as number]?.at ?? at
}

/** Names by storage. */
function namesOf({ instructions }: Program, storageOf: readonly number[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  const give = (value: number, name: string | undefined) => {
    if (name !== undefined) names.set(storageOf[value] as number, name)
  }
  for (const { op, inputs, outputs, params } of instructions) {
    if (op === 'named') give(inputs[0] as number, params.name as string)
    if (op === 'fused')
      fusionOf(params).outputs.forEach(({ name }, k) => void give(outputs[k] as number, name))
  }
  return names
}

const loopsIn = (program: Program, depth: number): readonly ExplainedLoop[] =>
  program.instructions.flatMap(instruction => loopsOf(program, instruction, depth))

/** An instruction that is a loop, and the loops inside of it. */
function loopsOf(program: Program, instruction: Instruction, depth: number): readonly ExplainedLoop[] {
  const control = controlOf(instruction)
  const where = { depth, ...(instruction.at !== undefined && { at: instruction.at }) }
  switch (control?.kind) {
    case undefined:
      return []
    case 'call':
      return loopsIn(control.body, depth + 1)
    case 'cond':
      return [control.whenTrue, control.whenFalse].flatMap(branch => loopsIn(branch, depth + 1))
    case 'while': {
      const stateBytes = bytesOfInputs(control.body, control.bodyConstants)
      const inside = [control.condition, control.body].flatMap(part => loopsIn(part, depth + 1))
      const { snapshots = 0, spill } = control.keep ?? {}
      const kept = { keptStates: snapshots, ...(spill && { every: spill.every, spilled: true as const }) }
      return [{ op: 'while', ...where, stateBytes, ...kept }, ...inside]
    }
    case 'unwind': {
      const { condition, body, reverse } = control
      const stateBytes = bytesOfInputs(body, control.bodyConstants)
      const inside = [condition, body, reverse].flatMap(part => loopsIn(part, depth + 1))
      return [{ op: 'unwind', ...where, stateBytes, keptStates: 0 }, ...inside]
    }
    case 'rewind': {
      const { forward, forwardConstants, reverse, snapshots, spill } = control
      const stateBytes = bytesOfInputs(forward, forwardConstants)
      const inside = [forward, reverse].flatMap(part => loopsIn(part, depth + 1))
      const kept = { keptStates: snapshots, ...(spill && { every: spill.every, spilled: true as const }) }
      return [{ op: 'rewind', ...where, stateBytes, ...kept }, ...inside]
    }
    case 'scan': {
      const { body, length, constants, carries, history, every = 1, spill } = control
      const stateBytes = bytesOfInputs(body, constants, constants + carries)
      const states = {
        keptStates: Math.ceil(length / every),
        every,
        ...(spill && { spilled: true as const }),
      }
      const kept = history.length > 0 ? states : { keptStates: 0 }
      const rows = instruction.outputs.slice(carries, instruction.outputs.length - history.length)
      const rowBytes = bytesOfAll(avalsIn(program, rows))
      return [
        { op: 'scan', ...where, length, stateBytes, ...kept, ...(rowBytes > 0 && { rowBytes }) },
        ...loopsIn(body, depth + 1),
      ]
    }
    case 'revolve': {
      const { forward, forwardConstants, states, length, every, snapshots, spill } = control
      const stateBytes = bytesOfInputs(forward, forwardConstants, forwardConstants + states)
      const inside = [forward, control.reverse].flatMap(part => loopsIn(part, depth + 1))
      const kept = { keptStates: snapshots, every, ...(spill && { spilled: true as const }) }
      return [{ op: 'revolve', ...where, length, stateBytes, ...kept }, ...inside]
    }
  }
}

const checkpointsIn = (program: Program, depth: number): readonly ExplainedCheckpoint[] =>
  program.instructions.flatMap(instruction => {
    const { at } = instruction
    const control = controlOf(instruction)
    const inside = programsOf(instruction).flatMap(inner => checkpointsIn(inner, depth + 1))
    if (control?.kind !== 'call' || control.again === undefined) return inside
    const where = { depth, ...(at !== undefined && { at }) }
    return [{ ...where, repeated: control.again, cost: costOf(control.body) }, ...inside]
  })

const bytesOfInputs = (program: Program, from: number, to?: number): number =>
  bytesOfAll(avalsIn(program, program.inputs.slice(from, to)))
