/** Which gap a block takes: the smallest that fits, or the end of the arena it should be near. */
export type Fit = 'tightest' | 'lowest' | 'highest'

/** Among so many that fit the tightest is looked for, the lowest ones. */
const FITTING = 64

/** The free ranges of an arena that may grow, coalesced and ascending. The last one has no end. */
export class Gaps {
  readonly #starts: number[] = [0]
  readonly #ends: number[] = [Infinity]
  readonly #targetBytes: number

  /** Blocks that are to lie high lie just below `targetBytes` when they can. */
  constructor(targetBytes: number) {
    this.#targetBytes = targetBytes
  }

  take(bytes: number, fit: Fit): number {
    const at = this.#choose(bytes, fit)
    const start = this.#starts[at]!
    const end = this.#ends[at]!
    const offset = fit === 'highest' ? Math.max(start, Math.min(end, this.#targetBytes) - bytes) : start
    const before = offset > start
    const after = offset + bytes < end
    if (before && after) {
      this.#ends[at] = offset
      this.#starts.splice(at + 1, 0, offset + bytes)
      this.#ends.splice(at + 1, 0, end)
    } else if (before) {
      this.#ends[at] = offset
    } else if (after) {
      this.#starts[at] = offset + bytes
    } else {
      this.#starts.splice(at, 1)
      this.#ends.splice(at, 1)
    }
    return offset
  }

  give(offset: number, bytes: number): void {
    const starts = this.#starts
    const ends = this.#ends
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (starts[middle]! < offset) low = middle + 1
      else high = middle
    }
    const joinsBefore = low > 0 && ends[low - 1] === offset
    const joinsAfter = starts[low] === offset + bytes
    if (joinsBefore && joinsAfter) {
      ends[low - 1] = ends[low]!
      starts.splice(low, 1)
      ends.splice(low, 1)
    } else if (joinsBefore) {
      ends[low - 1] = offset + bytes
    } else if (joinsAfter) {
      starts[low] = offset
    } else {
      starts.splice(low, 0, offset)
      ends.splice(low, 0, offset + bytes)
    }
  }

  #choose(bytes: number, fit: Fit): number {
    const [starts, ends] = [this.#starts, this.#ends]
    const last = starts.length - 1
    if (fit === 'highest') {
      if (starts[last]! + bytes <= this.#targetBytes) return last
      for (let k = last - 1; k >= 0; k--) if (ends[k]! - starts[k]! >= bytes) return k
      return last
    }
    let chosen = last
    let room = Infinity
    for (let k = 0, fitting = 0; k < last && fitting < FITTING; k++) {
      const gap = ends[k]! - starts[k]!
      if (gap < bytes) continue
      if (fit === 'lowest' || gap === bytes) return k
      fitting++
      if (gap < room) {
        chosen = k
        room = gap
      }
    }
    return chosen
  }
}
