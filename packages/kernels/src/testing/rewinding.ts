/**
 * Which states of a loop of unknown length are kept while it runs, and how its steps are reversed from them, as plain
 * functions: what the drivers in WebAssembly are held to.
 */
import { mostSteps } from '../control/index.js'

/** What is done next; a state is named by the step that it is before. */
export type RewindingAction =
  | { readonly kind: 'save' | 'load'; readonly step: number; readonly place: number }
  | { readonly kind: 'begin' }
  | { readonly kind: 'advance' | 'reverse'; readonly step: number }

/** A kept state: the first of a frame, whose part of the loop ends where its level is raised; or of none any more. */
interface Kept {
  readonly step: number
  readonly level: number
  readonly end: number
  /** Where it is kept; the first state of the loop is always at hand and has none. */
  readonly place: number | undefined
}

/** Kept states of a loop that still runs, in order. */
interface Keeping {
  readonly frames: readonly Kept[]
  /** States of frames that were given up, to be dropped as room is needed; they lie after the frame `after`. */
  readonly spent: readonly Kept[]
  readonly after: number
}

/** All snapshots, with the first state as one, and what is kept before the first step. */
const begun = (slots: number): Keeping => ({
  frames: [{ step: 0, level: 0, end: slots === 1 ? Number.POSITIVE_INFINITY : 1, place: undefined }],
  spent: [],
  after: 0,
})

/** What is kept when the loop goes on from the state before a step; its own place if it is. */
function kept(keeping: Keeping, step: number, slots: number): Keeping & { readonly place?: number } {
  const { frames, spent, after } = keeping
  const raised = frames.findIndex(({ end }) => end === step)
  if (raised < 0) return keeping
  const frame = frames[raised] as Kept
  const level = frame.level + 1
  const end = frame.step + mostSteps(slots - raised, level)
  const deeper = frames.slice(raised + 1)
  // A frame that is raised again has used all snapshots, so nothing is spent but its own.
  const loose = deeper.length > 0 ? deeper : spent
  const full = frames.length + spent.length === slots
  const dropped = full ? loose.at(-1) : undefined
  const place = full ? (dropped?.place as number) : frames.length + spent.length - 1
  const own: Kept = { step, level: 0, end: raised + 2 < slots ? step + 1 : end, place }
  return {
    frames: [...frames.slice(0, raised), { ...frame, level, end }, own],
    spent: dropped ? loose.slice(0, -1) : loose,
    after: deeper.length > 0 ? raised : after,
    place,
  }
}

/** The loop and its reversal: from the latest snapshot to the last step that is left, with further snapshots (Revolve). */
export function* rewinding(steps: number, slots: number): Generator<RewindingAction> {
  let keeping = begun(slots)
  for (let step = 0; step < steps; step++) {
    if (step > 0) {
      const { place, ...next } = kept(keeping, step, slots)
      if (place !== undefined) yield { kind: 'save', step, place }
      keeping = next
    }
    yield { kind: 'advance', step }
  }
  const { frames, spent, after } = keeping
  const snapshots = [...frames.slice(0, after + 1), ...spent, ...frames.slice(after + 1)].map(
    ({ step, place }) => ({ step, place }),
  )
  const free = Array.from({ length: slots - 1 }, (_, place) => place).filter(
    one => !snapshots.some(({ place }) => place === one),
  )
  for (let left = steps; left > 0; left--) {
    while ((snapshots.at(-1)?.step as number) >= left) free.push(snapshots.pop()?.place as number)
    const { step, place } = snapshots.at(-1) as (typeof snapshots)[number]
    yield place === undefined ? { kind: 'begin' } : { kind: 'load', step, place }
    for (let at = step; at < left - 1; ) {
      const to = free.length > 0 ? at + toNextSnapshot(left - at, free.length + 1) : left - 1
      while (at < to) yield { kind: 'advance', step: at++ }
      if (at === left - 1) break
      const own = free.pop() as number
      snapshots.push({ step: at, place: own })
      yield { kind: 'save', step: at, place: own }
    }
    yield { kind: 'reverse', step: left - 1 }
  }
}

/** β(s, r−1), or what leaves β(s−1, r−1), where β(s, r−1) < steps ≤ β(s, r). */
function toNextSnapshot(steps: number, slots: number): number {
  let level = 1
  while (mostSteps(slots, level) < steps) level++
  return Math.min(mostSteps(slots, level - 1), steps - mostSteps(slots - 1, level - 1))
}
