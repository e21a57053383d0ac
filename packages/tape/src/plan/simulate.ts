/**
 * A machine of a few lines that runs a plan on byte ranges instead of values. It shares nothing with the planner
 * but the types, so that a plan it accepts can be trusted whatever made it.
 *
 * Checked: operands are resident; no two resident ranges, outputs or scratch overlap; offsets are aligned and not
 * negative; only resident storages are dropped or moved, and never pinned inputs; every step runs; outputs are resident at
 * the end; `peakBytes`, `recordBytes`, `cost`, `extraCost` and `movedBytes` are what was measured; peak and records are within
 * the budget.
 */
import { checkAmount, checkOptions, shown } from '../options.js'
import { type Action, ALIGNMENT, type Graph, type Plan } from './graph.js'
import { checkGraph } from './graph-index.js'
import { PlanError } from './plan-error.js'

/** What a plan did when it was simulated. */
export interface Simulation {
  /** Highest byte in use at any moment. */
  readonly peakBytes: number
  /** Σ cost of what ran again or moved. */
  readonly extraCost: number
  /** How often each step ran. */
  readonly runs: readonly number[]
  /** Σ bytes of the resident storages after each action. */
  readonly timeline: readonly number[]
}

/**
 * Runs a plan on byte ranges and throws unless it is sound.
 *
 * @param options.budgetBytes the peak and the records of all runs may not exceed this together
 * @throws PlanError naming the action that is unsound, or the figure that is not what was measured
 *
 * @example
 * const graph = {
 *   bytes: [16, 16],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1 }],
 *   outputs: [1],
 * }
 * simulate(graph, plan(graph), { budgetBytes: 32 }).peakBytes // → 32
 */
export function simulate(graph: Graph, plan: Plan, options: { budgetBytes?: number } = {}): Simulation {
  checkGraph('simulate', graph)
  checkPlan(plan)
  const { budgetBytes = Infinity } = checkOptions('simulate', options, ['budgetBytes'])
  checkAmount('simulate', 'budgetBytes', budgetBytes)
  const pinned = new Set(graph.inputs.filter(input => input.pinned).map(input => input.storage))
  const given = new Set(graph.inputs.map(input => input.storage))
  const resident = new Map<number, number>()
  const arena = new Ranges()
  const runs = graph.steps.map(() => 0)
  const timeline: number[] = []
  let [liveBytes, movedBytes, moves] = [0, 0, 0]

  const enter = (storage: number, offset: number | undefined, at: string) => {
    const bytes = graph.bytes[storage]!
    if (resident.has(storage)) refuse(`storage ${storage} is written while it is resident`, at)
    resident.set(storage, arena.take(offset, bytes, `storage ${storage}`, at))
    liveBytes += bytes
  }
  const leave = (storage: number, at: string) => {
    const offset = resident.get(storage)
    if (offset === undefined) refuse(`storage ${storage} is dropped but not resident`, at)
    if (pinned.has(storage)) refuse(`storage ${storage} is dropped but is a pinned input`, at)
    arena.give(offset, graph.bytes[storage]!)
    resident.delete(storage)
    liveBytes -= graph.bytes[storage]!
  }
  const run = (action: Action & { kind: 'run' }, at: string) => {
    const step = graph.steps[action.step]
    if (step === undefined) refuse(`there is no step ${action.step}`, at)
    for (const storage of step.inputs) {
      if (resident.has(storage)) continue
      if (given.has(storage)) refuse(`input ${storage} was dropped and cannot be computed again`, at)
      refuse(`operand ${storage} of step ${action.step} is not resident`, at)
    }
    if (action.offsets.length !== step.outputs.length) refuse(`step ${action.step} lacks offsets`, at)
    step.outputs.forEach((storage, k) => {
      enter(storage, action.offsets[k], at)
    })
    if (step.scratchBytes > 0) {
      const offset = arena.take(action.scratchOffset, step.scratchBytes, 'scratch', at)
      arena.give(offset, step.scratchBytes)
    } else if (action.scratchOffset !== -1) {
      refuse(`step ${action.step} needs no scratch, but scratchOffset is ${action.scratchOffset}`, at)
    }
    runs[action.step]!++
  }

  const move = ({ storage, offset }: Action & { kind: 'move' }, at: string) => {
    if (graph.move === undefined) refuse(`storage ${storage} is moved, which the graph does not allow`, at)
    leave(storage, at)
    enter(storage, offset, at)
    movedBytes += graph.bytes[storage]!
    moves++
  }

  if (plan.inputOffsets.length !== graph.inputs.length)
    refuse('inputOffsets and inputs differ in number', 'start')
  graph.inputs.forEach((input, k) => {
    enter(input.storage, plan.inputOffsets[k], 'start')
  })
  plan.actions.forEach((action, k) => {
    const at = `action ${k}`
    if (action.kind === 'run') run(action, at)
    else if (action.kind === 'drop') leave(action.storage, at)
    else move(action, at)
    timeline.push(liveBytes)
  })

  const missing = graph.outputs.find(storage => !resident.has(storage))
  if (missing !== undefined) refuse(`output ${missing} is not resident`, 'end')
  const idle = runs.indexOf(0)
  if (idle !== -1) refuse(`step ${idle} never ran`, 'end')
  const cost = graph.steps.reduce((sum, step) => sum + step.cost, 0)
  const { costPerByte = 0, recordBytes: moveRecordBytes = 0 } = graph.move ?? {}
  const extraCost = graph.steps.reduce(
    (sum, step, k) => sum + step.cost * (runs[k]! - 1),
    costPerByte * movedBytes,
  )
  if (arena.peakBytes !== plan.peakBytes) differ('peakBytes', plan.peakBytes, arena.peakBytes)
  const recorded = graph.steps.reduce(
    (sum, step, k) => sum + (step.recordBytes ?? 0) * runs[k]!,
    moves * moveRecordBytes,
  )
  if (movedBytes !== plan.movedBytes) differ('movedBytes', plan.movedBytes, movedBytes)
  const recordBytes = Math.ceil(recorded / ALIGNMENT) * ALIGNMENT
  if (recordBytes !== plan.recordBytes) differ('recordBytes', plan.recordBytes, recordBytes)
  if (!same(plan.cost, cost)) differ('cost', plan.cost, cost)
  if (!same(plan.extraCost, extraCost)) differ('extraCost', plan.extraCost, extraCost)
  if (plan.leastExtraCost > extraCost * (1 + 1e-9)) {
    refuse(`the extra cost of ${extraCost} is less than the bound of ${plan.leastExtraCost}`, 'end')
  }
  const neededBytes = arena.peakBytes + recordBytes
  if (!(neededBytes <= budgetBytes)) {
    refuse(`${neededBytes} bytes exceed the budget of ${budgetBytes} bytes`, 'end')
  }
  return { peakBytes: arena.peakBytes, extraCost, runs, timeline }
}

function checkPlan(plan: Plan): void {
  const { actions, inputOffsets } = Object(plan) as Partial<Plan>
  if (Array.isArray(actions) && Array.isArray(inputOffsets)) return
  throw new PlanError({ summary: `simulate: the plan is ${shown(plan)}.`, expected: 'what `plan` gives' })
}

/** Disjoint byte ranges in ascending order, so that a new range can only overlap one of its two neighbours. */
class Ranges {
  peakBytes = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  take(offset: number | undefined, bytes: number, what: string, at: string): number {
    if (offset === undefined || !Number.isSafeInteger(offset) || offset < 0 || offset % ALIGNMENT !== 0) {
      refuse(`${what} has offset ${offset}`, at, `a multiple of ${ALIGNMENT}, at least 0`)
    }
    if (bytes === 0) return offset
    const end = offset + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    const k = this.#find(offset)
    if (k > 0 && this.#ends[k - 1]! > offset) refuse(`${what} overlaps byte ${offset}, in use`, at)
    if (k < this.#starts.length && this.#starts[k]! < end)
      refuse(`${what} overlaps byte ${this.#starts[k]}, in use`, at)
    this.#starts.splice(k, 0, offset)
    this.#ends.splice(k, 0, end)
    this.peakBytes = Math.max(this.peakBytes, end)
    return offset
  }

  give(offset: number, bytes: number): void {
    if (bytes === 0) return
    const k = this.#find(offset)
    this.#starts.splice(k, 1)
    this.#ends.splice(k, 1)
  }

  /** Number of ranges that start below `offset`. */
  #find(offset: number): number {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Sums in different orders may differ in the last bits. */
const same = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

function differ(figure: string, claimed: number, measured: number): never {
  refuse(`${figure} is ${claimed} in the plan but ${measured} when it runs`, 'end')
}

function refuse(what: string, at: string, expected?: string): never {
  throw new PlanError({ summary: `simulate: ${what}.`, at, expected })
}
