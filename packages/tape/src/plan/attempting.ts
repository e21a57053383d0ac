/** Schedules that were found, made shorter and placed: what each needs and costs in the end. */
import { type Attempt, recordBytesOf, type Shorter } from './attempt.js'
import type { WorkingSets } from './bound.js'
import { alignBytes, type GraphIndex } from './graph-index.js'
import { type MovingPlacement, placeByMoving } from './move.js'
import { type Placement, place } from './place.js'
import { extraCostOf, type Residency, residency } from './residency.js'
import type { Found } from './search.js'
import { Sequence } from './sequence.js'
import { trim } from './trim.js'

/** Makes attempts of the schedules of a graph. */
export class Attempting {
  readonly #index: GraphIndex
  readonly #sets: WorkingSets
  readonly #sequence: Sequence
  /** What was made shorter, under the limit it was last asked for. */
  readonly #shorter = new WeakMap<Found, Shorter & { readonly limitBytes: number }>()

  constructor(index: GraphIndex, sets: WorkingSets) {
    this.#index = index
    this.#sets = sets
    this.#sequence = new Sequence(index)
  }

  /** The best schedules, placed: where they lie still, and, if fragments reach above the limit, with moves. */
  attempts(found: readonly Found[], limitBytes: number, fromBytes: number): readonly Attempt[] {
    const attempts: Attempt[] = []
    for (const each of found.toReversed()) {
      const { residency: trimmed } = this.shorter(each, limitBytes)
      const still = this.placed(
        trimmed,
        place(trimmed, this.#index.graph.move ? 'quick' : 'usual'),
        fromBytes,
      )
      attempts.push(still)
      if (still.placement.peakBytes <= limitBytes) break
      if (!this.#index.graph.move) continue
      attempts.push(this.placed(trimmed, placeByMoving(this.#index, trimmed, limitBytes), fromBytes))
      break
    }
    return attempts
  }

  /** The cheapest last: a search that compares schedules as they are may not have it there. */
  byCostMadeShorter(found: readonly Found[], limitBytes: number): readonly Found[] {
    const costs = new Map(found.map(each => [each, this.shorter(each, limitBytes).extraCost]))
    return found.toSorted((a, b) => costs.get(b)! - costs.get(a)!)
  }

  /** A schedule without the runs that a limit does not ask for. */
  shorter(found: Found, limitBytes: number): Shorter {
    const known = this.#shorter.get(found)
    if (known?.limitBytes === limitBytes) return known
    const trimmed = trim(this.#index, residency(this.#index, this.#read(found.runs)), limitBytes)
    const shorter = { residency: trimmed, extraCost: extraCostOf(this.#index, trimmed.runs), limitBytes }
    this.#shorter.set(found, shorter)
    return shorter
  }

  /** Without runs that nothing reads before their step runs again: a step runs first where it is needed first. */
  #read(runs: Int32Array): Int32Array {
    this.#sequence.load(runs)
    this.#sequence.settle()
    return this.#sequence.copy()
  }

  /** What a placement of a schedule needs and costs, with the moves it makes. */
  placed(of: Residency, placement: Placement & Partial<MovingPlacement>, fromBytes: number): Attempt {
    const { movedBytes = 0, moves = [] } = placement
    const { costPerByte = 0, recordBytes: moveRecordBytes = 0 } = this.#index.graph.move ?? {}
    const recordBytes = alignBytes(recordBytesOf(this.#index, of.runs) + moves.length * moveRecordBytes)
    return {
      residency: of,
      placement,
      extraCost: extraCostOf(this.#index, of.runs) + costPerByte * movedBytes,
      recordBytes,
      // out of the graph's order less may do, but then nothing is looked for
      needsBytes: Math.max(fromBytes, Math.max(placement.peakBytes, this.#sets.largestBytes) + recordBytes),
    }
  }
}
