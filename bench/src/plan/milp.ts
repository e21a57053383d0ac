/**
 * The least extra cost within a limit on live bytes, as the mixed-integer linear program of Checkmate (Jain et al.
 * 2020, section 4), solved by HiGHS.
 *
 * Stage t ends with the first run of step t. R[t,k] = 1: step k runs in stage t, after its operands and in the graph's
 * order. S[t,s] = 1: storage s is live when stage t begins. U[t,k]: live bytes when step k runs or would run in stage
 * t. F[t,s,k] = 1: s leaves in stage t after step k, its last reader there, since it is not live in stage t + 1.
 * F may be continuous: it only relaxes U, and its bounds meet the product that defines it wherever R and S are whole.
 *
 * Limits: the first runs come in the graph's order, and between two of them a step runs at most once, in that order
 * too; what this excludes is not searched. More rounds, stages without a first run, lift the second limit: the tests
 * hold three of them against exhaustive search. Inputs must be pinned, and every step must have one output.
 */
import type { Graph } from '@wengert/tape'
import type { Highs } from 'highs'
import { Model } from './linear-model.js'

/** What the solver found out. */
export interface Optimum {
  /** Steps in the order of the best schedule found; undefined if none was. */
  readonly runs: readonly number[] | undefined
  /** No schedule has less extra cost; infinite if there is none at all. */
  readonly boundCost: number
  /** Whether the search ended before the time limit. */
  readonly proven: boolean
}

/** How the program is made and solved. */
export interface SolveOptions {
  /** Time limit. */
  readonly seconds: number
  /** Runs of a schedule to improve on. */
  readonly from?: readonly number[] | undefined
  /** Stages for each first run. Default 1, as Checkmate has it. */
  readonly rounds?: number
}

/** Most steps for which solving is worth while. */
export const MOST_STEPS = 64

/** Solves for a limit on live bytes. */
export function optimum(
  highs: Highs,
  graph: Graph,
  limitBytes: number,
  { seconds, from = [], rounds = 1 }: SolveOptions,
): Optimum {
  const total = graph.steps.reduce((sum, step) => sum + step.cost, 0) || 1
  const { model, ran, live } = formulate(graph, limitBytes, total, rounds)
  const { status, values, bound } = model.solve(highs, seconds, startOf(graph, from, ran, live, rounds))
  if (status === 'infeasible') return { runs: undefined, boundCost: Infinity, proven: true }
  return {
    runs: values && ran.flatMap(stage => [...stage.keys()].filter(k => values[stage[k]!]! > 0.5)),
    boundCost: Math.max(0, bound) * total,
    proven: status === 'optimal',
  }
}

/** The program with costs in units of all steps once and bytes in units of the limit; `ran[t][k]` is R[t,k]. */
function formulate(graph: Graph, limitBytes: number, total: number, rounds: number) {
  const { steps, bytes } = graph
  const count = steps.length
  const producer = new Map<number, number>()
  steps.forEach(({ outputs }, k) => {
    for (const storage of outputs) producer.set(storage, k)
  })
  const isOutput = new Set(graph.outputs)
  const size = (storage: number) => bytes[storage]! / limitBytes
  const fixed = graph.inputs.reduce((sum, { storage }) => sum + size(storage), 0)
  const readers = bytes.map((_, storage) => [...steps.keys()].filter(k => steps[k]!.inputs.includes(storage)))
  const computed = steps.map(({ inputs }) => [...new Set(inputs)].filter(storage => producer.has(storage)))

  const model = new Model()
  const stages = count * rounds
  // steps that ran for the first time before stage t, and the one that does in it, if it is the last of its rounds
  const before = (t: number) => Math.floor(t / rounds)
  const ran = Array.from({ length: stages }, (_, t) =>
    steps.slice(0, before(t + 1)).map(({ cost }, k) => {
      return k < before(t) ? model.binary(cost / total) : model.binary(0, 1)
    }),
  )
  // S[t, s] for each storage that was written before stage t; after the last stage, outputs alone are live
  const live = Array.from({ length: stages + 1 }, (_, t) => {
    const written = bytes.flatMap((_, storage) => {
      const from = producer.get(storage)
      if (from === undefined || from >= before(t)) return []
      const useful = t === stages ? isOutput.has(storage) : true
      return useful ? [[storage, model.binary(0, t === stages ? 1 : 0)] as const] : []
    })
    return new Map(written)
  })
  for (let t = 0; t < stages; t++) {
    const runs = ran[t]!
    for (let k = 0; k < runs.length; k++) {
      for (const storage of computed[k]!) {
        const from = producer.get(storage)!
        const kept = live[t]!.get(storage)
        model.atLeast(
          0,
          [runs[from]!, 1],
          [runs[k]!, -1],
          ...(kept === undefined ? [] : [[kept, 1] as const]),
        )
      }
    }
    for (const [storage, next] of live[t + 1]!) {
      const kept = live[t]!.get(storage)
      const from = runs[producer.get(storage)!]!
      model.atLeast(0, [from, 1], [next, -1], ...(kept === undefined ? [] : [[kept, 1] as const]))
    }
    // neither a run nor a storage is for nothing, and nothing runs whose output is live
    for (const [storage, from] of producer) {
      if (from >= runs.length) continue
      const uses = readers[storage]!.filter(k => k < runs.length).map(k => [runs[k]!, 1] as const)
      const next = live[t + 1]!.get(storage)
      if (next !== undefined) uses.push([next, 1])
      const kept = live[t]!.get(storage)
      if (from < before(t)) model.atLeast(0, ...uses, [runs[from]!, -1])
      if (kept === undefined) continue
      model.atLeast(0, ...uses, [kept, -1])
      model.atMost(1, [runs[from]!, 1], [kept, 1])
    }
    // what is live when the stage begins, then what each step adds and what has left after the one before
    let used: number | undefined
    for (let k = 0; k < runs.length; k++) {
      const scratch = (Math.ceil(steps[k]!.scratchBytes / 16) * 16) / limitBytes
      const here = model.column(0, 0, 1 - fixed)
      const terms: (readonly [number, number])[] = [[here, 1]]
      for (const storage of steps[k]!.outputs) terms.push([runs[k]!, -size(storage)])
      if (used === undefined) for (const [storage, kept] of live[t]!) terms.push([kept, -size(storage)])
      else {
        terms.push([used, -1])
        for (const storage of [...computed[k - 1]!, ...steps[k - 1]!.outputs]) {
          terms.push([freed(model, runs, k - 1, readers[storage]!, live[t + 1]!.get(storage)), size(storage)])
        }
      }
      model.equal(0, ...terms)
      if (scratch > 0) model.atMost(1 - fixed, [here, 1], [runs[k]!, scratch])
      used = here
    }
  }
  return { model, ran, live }
}

/** F[t, s, k], bounded by what has to hold: k runs, no later reader does, and s is not live in the next stage. */
function freed(
  model: Model,
  runs: readonly number[],
  k: number,
  readers: readonly number[],
  next: number | undefined,
): number {
  const gone = model.column(0, 0, 1)
  model.atMost(0, [gone, 1], [runs[k]!, -1])
  if (next !== undefined) model.atMost(1, [gone, 1], [next, 1])
  for (const later of readers) {
    if (later > k && later < runs.length) model.atMost(1, [gone, 1], [runs[later]!, 1])
  }
  return gone
}

/** The columns of R and S that some runs stand for. */
function startOf(
  { steps, bytes }: Graph,
  runs: readonly number[],
  ran: readonly (readonly number[])[],
  live: readonly ReadonlyMap<number, number>[],
  rounds: number,
): ReadonlyMap<number, number> {
  const start = new Map<number, number>()
  if (runs.length === 0) return start
  for (const stage of ran) for (const column of stage) start.set(column, 0)
  for (const stage of live.slice(0, -1)) for (const column of stage.values()) start.set(column, 0)
  const writtenIn = bytes.map(() => 0)
  // everything in the last of its rounds
  let stage = rounds - 1
  for (const k of runs) {
    const { inputs, outputs } = steps[k]!
    for (const storage of inputs) {
      for (let t = writtenIn[storage]! + 1; t <= stage; t++) {
        const column = live[t]!.get(storage)
        if (column !== undefined) start.set(column, 1)
      }
    }
    start.set(ran[stage]![k]!, 1)
    for (const storage of outputs) writtenIn[storage] = stage
    if ((k + 1) * rounds - 1 === stage) stage += rounds
  }
  return start
}
