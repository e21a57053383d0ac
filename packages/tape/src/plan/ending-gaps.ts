import type { Periods } from './residency.js'

/** So many gaps that fit are compared, the lowest ones. */
const FITTING = 64

/** Of a period's length, or of its bytes: differences much smaller than that are alike. */
const ALIKE = 0.02

/**
 * The free ranges of an arena that may grow, where a block lies beside one that ends when it does, so that what both leave is one
 * range. Of the gaps that fit, one of the block's size is taken, or that with the least
 *
 *     (|end of the block beside it − its own end| ÷ its length + {@link ALIKE})^weight × (bytes left ÷ its bytes + {@link ALIKE})
 */
export class EndingGaps {
  readonly #periods: Periods
  readonly #offsets: Float64Array
  readonly #lastMoment: number
  readonly #weight: number
  /** Gaps by ascending offset, without the last one, which has no end; each lies above the block of a period. */
  readonly #gaps: number[] = []
  /** Bytes of each of them. */
  readonly #room: number[] = []
  /** Periods in the arena as a ring, by ascending offset; the number of all stands for both ends of the arena. */
  readonly #above: Int32Array
  readonly #below: Int32Array

  /** Periods lie at `offsets`, which are written. */
  constructor(periods: Periods, offsets: Float64Array, lastMoment: number, weight: number) {
    this.#periods = periods
    this.#offsets = offsets
    this.#lastMoment = lastMoment
    this.#weight = weight
    this.#above = new Int32Array(periods.count + 1)
    this.#below = new Int32Array(periods.count + 1)
    this.#above[periods.count] = this.#below[periods.count] = periods.count
  }

  /** Places a period. */
  put(k: number): void {
    const { count, bytes } = this.#periods
    const [gaps, room, offsets, above, below] = [
      this.#gaps,
      this.#room,
      this.#offsets,
      this.#above,
      this.#below,
    ]
    const size = bytes[k]!
    const { at, isHigh } = this.#choose(k)
    const lower = at < gaps.length ? gaps[at]! : below[count]!
    const upper = above[lower]!
    offsets[k] = this.#finish(lower) + (isHigh ? room[at]! - size : 0)
    above[lower] = below[upper] = k
    below[k] = lower
    above[k] = upper
    if (at === gaps.length) return
    if (room[at] === size) {
      this.#forget(at)
      return
    }
    room[at] = room[at]! - size
    if (!isHigh) gaps[at] = k
  }

  /** Takes a period away. */
  remove(k: number): void {
    const { count, bytes } = this.#periods
    const [gaps, room, above, below] = [this.#gaps, this.#room, this.#above, this.#below]
    const [lower, upper] = [below[k]!, above[k]!]
    const at = this.#placeOf(this.#offsets[k]!)
    const hasGapBelow = at > 0 && gaps[at - 1] === lower
    const hasGapAbove = gaps[at] === k
    above[lower] = upper
    below[upper] = lower
    // what lies above the last one is no gap of the list
    if (upper === count) {
      if (hasGapBelow) this.#forget(at - 1)
    } else if (hasGapBelow) {
      room[at - 1] = room[at - 1]! + bytes[k]! + (hasGapAbove ? room[at]! : 0)
      if (hasGapAbove) this.#forget(at)
    } else if (hasGapAbove) {
      gaps[at] = lower
      room[at] = room[at]! + bytes[k]!
    } else {
      gaps.splice(at, 0, lower)
      room.splice(at, 0, bytes[k]!)
    }
  }

  #forget(at: number): void {
    this.#gaps.splice(at, 1)
    this.#room.splice(at, 1)
  }

  /** How many gaps begin below an offset. */
  #placeOf(offset: number): number {
    const gaps = this.#gaps
    let [low, high] = [0, gaps.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#finish(gaps[middle]!) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #finish(k: number): number {
    return k === this.#periods.count ? 0 : this.#offsets[k]! + this.#periods.bytes[k]!
  }

  #choose(k: number): { readonly at: number; readonly isHigh: boolean } {
    const { start, end, bytes } = this.#periods
    const [gaps, room] = [this.#gaps, this.#room]
    const size = bytes[k]!
    const length = end[k]! - start[k]! + 1
    let [at, isHigh, least] = [gaps.length, false, Infinity]
    for (let i = 0, fitting = 0; i < gaps.length && fitting < FITTING; i++) {
      const left = room[i]! - size
      if (left < 0) continue
      if (left === 0) return { at: i, isHigh: false }
      fitting++
      const lower = gaps[i]!
      const upper = this.#above[lower]!
      const waste = left / size + ALIKE
      const [low, high] = [this.#between(lower, k), this.#between(upper, k)]
      const apart = Math.min(low, high) / length + ALIKE
      const score = apart ** this.#weight * waste
      if (score < least) [at, isHigh, least] = [i, high < low, score]
    }
    return { at, isHigh }
  }

  /** Moments between the ends of two periods; the ends of the arena stay longer than all of them. */
  #between(other: number, k: number): number {
    const { count, end } = this.#periods
    return Math.abs((other === count ? this.#lastMoment + 1 : end[other]!) - end[k]!)
  }
}
