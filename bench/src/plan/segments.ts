/**
 * √n segments (Chen et al. 2016, "Training deep nets with sublinear memory cost"): the forward part is cut into
 * segments, what crosses a cut is kept, and the pullback runs the forward steps of a segment again when it gets
 * there, all but those of the last segment. Graphs that are no chains are cut in the order of their steps.
 *
 * Segments have about the same bytes; their number is the one parameter. Every number up to 2√n, and from there each
 * twice the one before, is a schedule of its own, and a budget takes the cheapest that fits it.
 */
import type { Graph } from '@wengert/tape'
import { type Move, movesOf } from './replay.js'
import type { TrainingStep } from './training-step.js'

/** A schedule for each number of segments. */
export function* segmentSchedules({ graph, loss }: TrainingStep): Generator<readonly Move[]> {
  const root = Math.ceil(2 * Math.sqrt(loss))
  for (let count = 2; count < loss; count += count < root ? 1 : count) {
    yield movesOf(graph, runsOf(graph, loss, segmentsOf(graph, loss, count)))
  }
}

/** The segment of each forward step. */
function segmentsOf({ steps, bytes }: Graph, loss: number, count: number): Int32Array {
  const written = (step: number) => steps[step]!.outputs.reduce((sum, storage) => sum + bytes[storage]!, 0)
  let total = 0
  for (let step = 0; step < loss; step++) total += written(step)
  let before = 0
  return Int32Array.from({ length: loss }, (_, step) => {
    const segment = Math.floor((before / total) * count)
    before += written(step)
    return segment
  })
}

function runsOf({ steps }: Graph, loss: number, segments: Int32Array): readonly number[] {
  const last = segments[loss - 1]!
  const producer = new Map<number, number>()
  steps.slice(0, loss).forEach((step, k) => {
    for (const storage of step.outputs) producer.set(storage, k)
  })
  const held = new Set<number>()
  for (const [storage, step] of producer) if (segments[step] === last) held.add(storage)
  steps.slice(0, loss).forEach((step, k) => {
    for (const storage of step.inputs) {
      const from = producer.get(storage)
      if (from !== undefined && segments[from]! < segments[k]!) held.add(storage)
    }
  })
  const runs = [...steps.keys()].slice(0, loss)
  for (let step = loss; step < steps.length; step++) {
    for (const storage of steps[step]!.inputs) {
      const from = producer.get(storage)
      if (from === undefined || held.has(storage)) continue
      for (let k = 0; k < loss; k++) {
        if (segments[k] !== segments[from] || steps[k]!.outputs.every(output => held.has(output))) continue
        runs.push(k)
        for (const output of steps[k]!.outputs) held.add(output)
      }
    }
    runs.push(step)
  }
  return runs
}
