import { simulate } from '@wengert/tape'
import { needsBytes } from './figures.js'
import type { SubjectPlan } from './subject.js'

/** One run of a step, as it is met when a plan is carried out. */
export interface Run {
  /** What it computes. */
  readonly name: string
  /** The line of code that it comes from, where that is known. */
  readonly at?: string
  readonly cost: number
  /** Cost of all runs and moves up to the end of this one. */
  readonly endCost: number
  /** Bytes in use while it runs: values, scratch, and the list of runs. */
  readonly bytes: number
  /** Whether the step ran before. */
  readonly again: boolean
}

/** A stretch of a plan during which a value is there, in cost of the runs. */
export interface Stay {
  readonly fromCost: number
  readonly toCost: number
}

/** What a plan does with a value. */
export interface ValueLife {
  readonly storage: number
  readonly name: string
  /** The line of code that it comes from, where that is known. */
  readonly at?: string
  readonly bytes: number
  /**
   * `given` from the start; `kept` for several readers or to the end; `brief`, gone after its one reader; or `rerun` after
   * it was dropped before its last use.
   */
  readonly fate: 'given' | 'kept' | 'brief' | 'rerun'
  /** How often it is computed. */
  readonly runs: number
  readonly stays: readonly Stay[]
}

/** What happens while a plan is carried out. */
export interface Timeline {
  readonly runs: readonly Run[]
  /** Cost of all runs and moves. */
  readonly totalCost: number
  /** Cost of moving values to where fragments do not keep others from fitting. */
  readonly moveCost: number
  /** The largest values, the largest first. */
  readonly values: readonly ValueLife[]
}

/**
 * Follows a plan run by run, with the simulator's count of live bytes.
 *
 * @param mostValues how many of the largest values to follow
 * @throws PlanError if the simulator does not accept the plan.
 */
export function timelineOf(subjectPlan: SubjectPlan, mostValues: number): Timeline {
  const { graph, plan, nameOf } = subjectPlan
  const lined = (storage: number | undefined) => {
    const at = storage === undefined ? undefined : subjectPlan.lineOf?.(storage)
    return at === undefined ? {} : { at }
  }
  const { timeline } = simulate(graph, plan, { budgetBytes: needsBytes(plan) })
  const ran = new Uint8Array(graph.steps.length)
  const since = new Map(graph.inputs.map(({ storage }) => [storage, 0]))
  const stays = graph.bytes.map((): Stay[] => [])
  const reads = new Float64Array(graph.bytes.length)
  const runs: Run[] = []
  let [cost, moveCost] = [0, 0]
  plan.actions.forEach((action, k) => {
    if (action.kind === 'drop') {
      stays[action.storage]?.push({ fromCost: since.get(action.storage) ?? 0, toCost: cost })
      since.delete(action.storage)
      return
    }
    if (action.kind === 'move') {
      const own = (graph.move?.costPerByte ?? 0) * (graph.bytes[action.storage] as number)
      cost += own
      moveCost += own
      return
    }
    const step = graph.steps[action.step] as (typeof graph.steps)[number]
    for (const storage of new Set(step.inputs)) reads[storage]!++
    for (const storage of step.outputs) since.set(storage, cost)
    cost += step.cost
    const liveBytes = timeline[k] as number
    runs.push({
      name: step.outputs.map(nameOf).join(', '),
      ...lined(step.outputs[0]),
      cost: step.cost,
      endCost: cost,
      bytes: liveBytes + step.scratchBytes + plan.recordBytes,
      again: ran[action.step] === 1,
    })
    ran[action.step] = 1
  })
  for (const [storage, fromCost] of since) stays[storage]?.push({ fromCost, toCost: cost })

  const given = new Set(graph.inputs.map(({ storage }) => storage))
  const atEnd = new Set(graph.outputs)
  const fateOf = (storage: number): ValueLife['fate'] => {
    if (given.has(storage)) return 'given'
    if ((stays[storage]?.length ?? 0) > 1) return 'rerun'
    return reads[storage]! > 1 || atEnd.has(storage) ? 'kept' : 'brief'
  }
  const largest = [...graph.bytes.keys()]
    .filter(storage => (graph.bytes[storage] as number) > 0)
    .sort((a, b) => (graph.bytes[b] as number) - (graph.bytes[a] as number) || a - b)
    .slice(0, mostValues)
  const values = largest.map((storage): ValueLife => {
    const of = stays[storage] as readonly Stay[]
    return {
      storage,
      name: nameOf(storage),
      ...lined(storage),
      bytes: graph.bytes[storage] as number,
      fate: fateOf(storage),
      runs: given.has(storage) ? 0 : of.length,
      stays: of,
    }
  })
  return { runs, totalCost: cost, moveCost, values }
}
