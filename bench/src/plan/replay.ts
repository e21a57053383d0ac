/**
 * Runs the actions of any planner, offsets left out, on a set of live storages. It shares nothing with planners but
 * the graph, so what it measures can be compared: peak by live bytes, without fragmentation, and cost.
 */
import type { Graph } from '@wengert/tape'

/** What a schedule does next. */
export type Move =
  | { readonly kind: 'run'; readonly step: number }
  | { readonly kind: 'drop'; readonly storage: number }
  | { readonly kind: 'move'; readonly storage: number }

/** What a schedule did. */
export interface Replayed {
  readonly peakBytes: number
  /** Σ cost of what ran again or was moved. */
  readonly extraCost: number
}

/**
 * Replays a schedule.
 *
 * @throws Error if an operand is absent, a storage is written or dropped twice, a step never runs or an output is
 * absent at the end.
 */
export function replay(graph: Graph, moves: Iterable<Move>): Replayed {
  const live = new Set<number>()
  const ran = new Set<number>()
  const pinned = new Set<number>()
  let [liveBytes, peakBytes, extraCost] = [0, 0, 0]
  const enter = (storage: number) => {
    if (live.has(storage)) throw new Error(`storage ${storage} is written while it is live`)
    live.add(storage)
    liveBytes += graph.bytes[storage]!
  }
  for (const input of graph.inputs) {
    enter(input.storage)
    if (input.pinned) pinned.add(input.storage)
  }
  peakBytes = liveBytes
  const { costPerByte = 0 } = graph.move ?? {}
  for (const move of moves) {
    if (move.kind === 'move') {
      if (!live.has(move.storage)) throw new Error(`storage ${move.storage} is moved but not live`)
      extraCost += costPerByte * graph.bytes[move.storage]!
      continue
    }
    if (move.kind === 'drop') {
      if (pinned.has(move.storage)) throw new Error(`storage ${move.storage} is pinned but dropped`)
      if (!live.delete(move.storage)) throw new Error(`storage ${move.storage} is dropped but not live`)
      liveBytes -= graph.bytes[move.storage]!
      continue
    }
    const step = graph.steps[move.step]!
    const absent = step.inputs.find(storage => !live.has(storage))
    if (absent !== undefined) throw new Error(`step ${move.step} reads ${absent}, which is not live`)
    step.outputs.forEach(enter)
    peakBytes = Math.max(peakBytes, liveBytes + Math.ceil(step.scratchBytes / 16) * 16)
    if (ran.has(move.step)) extraCost += step.cost
    ran.add(move.step)
  }
  const idle = graph.steps.findIndex((_, step) => !ran.has(step))
  if (idle !== -1) throw new Error(`step ${idle} never ran`)
  const missing = graph.outputs.find(storage => !live.has(storage))
  if (missing !== undefined) throw new Error(`output ${missing} is not live at the end`)
  return { peakBytes, extraCost }
}

/** Runs in an order, with each storage dropped right after its last reader before it is written again, or for good. */
export function movesOf(graph: Graph, runs: readonly number[]): readonly Move[] {
  const outputs = new Set(graph.outputs)
  const pinned = new Set(graph.inputs.filter(input => input.pinned).map(input => input.storage))
  // dropsAfter[k + 1]: what leaves after the k-th run, found by going backwards
  const dropsAfter: number[][] = Array.from({ length: runs.length + 1 }, () => [])
  const read = new Set<number>([...outputs, ...pinned])
  for (let k = runs.length - 1; k >= 0; k--) {
    const step = graph.steps[runs[k]!]!
    for (const storage of step.outputs) {
      if (!read.delete(storage)) dropsAfter[k + 1]!.push(storage)
    }
    for (const storage of new Set(step.inputs)) {
      if (read.has(storage)) continue
      read.add(storage)
      dropsAfter[k + 1]!.push(storage)
    }
  }
  for (const { storage } of graph.inputs) if (!read.has(storage)) dropsAfter[0]!.push(storage)
  const drops = (k: number) => dropsAfter[k]!.map(storage => ({ kind: 'drop' as const, storage }))
  return [...drops(0), ...runs.flatMap((step, k) => [{ kind: 'run' as const, step }, ...drops(k + 1)])]
}

/** The two ends of the budgets of a graph. */
export interface Ends {
  /** One step with its operands: no plan is below. */
  readonly largestWorkingSetBytes: number
  /** Peak of running every step once. */
  readonly storeEverythingBytes: number
}

/** Measures both ends by live bytes. */
export function endsOf(graph: Graph): Ends {
  const pinned = graph.inputs.filter(input => input.pinned).map(input => input.storage)
  const sets = graph.steps.map(({ inputs, outputs, scratchBytes }) =>
    [...new Set([...pinned, ...inputs, ...outputs])].reduce(
      (sum, storage) => sum + graph.bytes[storage]!,
      Math.ceil(scratchBytes / 16) * 16,
    ),
  )
  const once = movesOf(graph, [...graph.steps.keys()])
  return {
    largestWorkingSetBytes: sets.reduce((most, bytes) => Math.max(most, bytes), 0),
    storeEverythingBytes: replay(graph, once).peakBytes,
  }
}
