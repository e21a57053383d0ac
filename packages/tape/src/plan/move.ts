/**
 * Placing periods under a limit that fragments would pass: a storage may be moved while it stays. In order of time each
 * period takes a gap; when none is large enough, the storages between some neighbouring gaps are pushed together, those
 * with the fewest bytes that make room. While live bytes are within the limit this never fails, so a schedule can run in
 * exactly its peak of live bytes (Robson 1977 bounds what is wasted without moving).
 *
 * Pinned inputs lie lowest and never move. What a step is about to write is given another place without being copied.
 */
import { ALIGNMENT } from './graph.js'
import type { GraphIndex } from './graph-index.js'
import type { Placement } from './place.js'
import type { Residency } from './residency.js'
import { SizedGaps } from './sized-gaps.js'

/** A storage goes to another offset just before the run of a moment. */
export interface Move {
  readonly moment: number
  readonly storage: number
  readonly offset: number
}

/** Offsets of all periods when they begin, what moves later, and how many bytes that is. */
export interface MovingPlacement extends Placement {
  readonly moves: readonly Move[]
  readonly movedBytes: number
}

/** More periods than this are placed in one way only. */
const MANY = 10_000

/** Places the periods under a limit that is no less than the live bytes, with few bytes moved. */
export function placeByMoving(index: GraphIndex, residency: Residency, limitBytes: number): MovingPlacement {
  const lastMoment = residency.runs.length + 1
  let best: MovingPlacement | undefined
  // periods of more moments than this go low, the others high
  const ways =
    residency.periods.count > MANY ? [lastMoment >> 4] : [lastMoment, lastMoment >> 2, lastMoment >> 4]
  for (const longer of ways) {
    const next = new Mover(index, residency, limitBytes, longer).place()
    if (best === undefined || next.movedBytes < best.movedBytes) best = next
    if (best.movedBytes === 0) break
  }
  return best!
}

class Mover {
  readonly #index: GraphIndex
  readonly #residency: Residency
  readonly #limitBytes: number
  readonly #longer: number
  /** Where each period begins, and where it lies now. */
  readonly #offsets: Float64Array
  readonly #now: Float64Array
  readonly #moves: Move[] = []
  /** Periods in the arena, by ascending offset. */
  readonly #blocks: number[] = []
  readonly #gaps = new SizedGaps()
  /** Bytes of the gap before each block, where room is made. */
  readonly #gapBefore: number[] = []
  #movedBytes = 0
  #peakBytes = 0

  constructor(index: GraphIndex, residency: Residency, limitBytes: number, longer: number) {
    this.#index = index
    this.#residency = residency
    this.#limitBytes = Math.floor(limitBytes / ALIGNMENT) * ALIGNMENT
    this.#longer = longer
    this.#offsets = new Float64Array(residency.periods.count)
    this.#now = new Float64Array(residency.periods.count)
    this.#gaps.add(0, this.#limitBytes)
  }

  place(): MovingPlacement {
    const { periods, runs } = this.#residency
    const { count, start, end } = periods
    const endingAt: number[][] = Array.from({ length: runs.length + 2 }, () => [])
    let ended = 0
    const first: number[] = []
    for (let k = 0; k < count; k++) {
      if (start[k] === 0) first.push(k)
      endingAt[end[k]!]!.push(k)
    }
    first.sort((a, b) => Number(this.#isPinned(b)) - Number(this.#isPinned(a)) || end[b]! - end[a]!)
    for (const k of first) this.#put(k, 0)
    let begun = 0
    const begin = () => {
      for (; begun < count && start[begun]! <= moment; begun++) this.#offsets[begun] = this.#now[begun]!
    }
    let moment = 0
    begin()
    for (let k = first.length; k < count; ) {
      moment = start[k]!
      for (; ended < moment; ended++) for (const gone of endingAt[ended]!) this.#remove(gone)
      for (; k < count && start[k] === moment; k++) this.#put(k, moment)
      begin()
    }
    return {
      offsets: this.#offsets,
      moves: this.#moves,
      movedBytes: this.#movedBytes,
      peakBytes: this.#peakBytes,
    }
  }

  #isPinned(k: number): boolean {
    const storage = this.#residency.periods.storage[k]!
    return storage >= 0 && this.#index.isPinned[storage] === 1
  }

  #endOf(block: number): number {
    return this.#now[block]! + this.#residency.periods.bytes[block]!
  }

  /** Where the gap before the i-th block begins, and where it ends. */
  #gapBegin(i: number): number {
    return i === 0 ? 0 : this.#endOf(this.#blocks[i - 1]!)
  }

  #gapEnd(i: number): number {
    return i === this.#blocks.length ? this.#limitBytes : this.#now[this.#blocks[i]!]!
  }

  #put(k: number, moment: number): void {
    const { start, end, bytes } = this.#residency.periods
    const size = bytes[k]!
    if (size === 0) return
    const high =
      moment > 0 && this.#longer <= this.#residency.runs.length && end[k]! - start[k]! <= this.#longer
    const begins = this.#gaps.tightest(size, high)
    const at = begins === undefined ? this.#makeRoom(size, moment) : this.#placeOf(begins)
    const [from, to] = [this.#gapBegin(at), this.#gapEnd(at)]
    const offset = high ? to - size : from
    this.#gaps.remove(from, to)
    this.#gaps.add(from, offset)
    this.#gaps.add(offset + size, to)
    this.#now[k] = offset
    this.#blocks.splice(at, 0, k)
    this.#peakBytes = Math.max(this.#peakBytes, offset + size)
  }

  #remove(k: number): void {
    if (this.#residency.periods.bytes[k] === 0) return
    const at = this.#placeOf(this.#now[k]!)
    const [begin, end] = [this.#gapBegin(at), this.#gapEnd(at + 1)]
    this.#gaps.remove(begin, this.#now[k]!)
    this.#gaps.remove(this.#endOf(k), end)
    this.#gaps.add(begin, end)
    this.#blocks.splice(at, 1)
  }

  /** How many blocks lie below an offset. */
  #placeOf(offset: number): number {
    const blocks = this.#blocks
    let [low, high] = [0, blocks.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#now[blocks[middle]!]! < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Pushes blocks together so that a gap of some bytes comes about, and gives the block before which it is. */
  #makeRoom(size: number, moment: number): number {
    const [blocks, now] = [this.#blocks, this.#now]
    const { bytes, start } = this.#residency.periods
    const costOf = (block: number) => (start[block] === moment ? 0 : bytes[block]!)
    const gapBefore = this.#gapBefore
    let [from, to, least] = [-1, -1, Infinity]
    let [first, gaps, between] = [0, 0, 0]
    // gaps first … i, and the blocks between them
    for (let i = 0, begin = 0; i <= blocks.length; i++) {
      const before = i > 0 ? blocks[i - 1]! : -1
      if (i > 0 && this.#isPinned(before)) [first, gaps, between] = [i, 0, 0]
      else if (i > first) between += costOf(before)
      const end = i === blocks.length ? this.#limitBytes : now[blocks[i]!]!
      gapBefore[i] = end - begin
      gaps += end - begin
      if (i < blocks.length) begin = end + bytes[blocks[i]!]!
      while (gaps >= size) {
        if (between < least) [from, to, least] = [first, i, between]
        if (first === i) break
        gaps -= gapBefore[first]!
        between -= costOf(blocks[first]!)
        first++
      }
    }
    for (let i = from; i <= to; i++) this.#gaps.remove(this.#gapBegin(i), this.#gapEnd(i))
    let offset = this.#gapBegin(from)
    for (let i = from; i < to; i++) {
      const block = blocks[i]!
      this.#moveTo(block, offset, moment)
      offset += bytes[block]!
    }
    this.#gaps.add(offset, this.#gapEnd(to))
    return to
  }

  #moveTo(block: number, offset: number, moment: number): void {
    if (this.#now[block] === offset) return
    const { start, bytes, storage } = this.#residency.periods
    this.#now[block] = offset
    if (start[block] === moment) return
    this.#moves.push({ moment, storage: storage[block]!, offset })
    this.#movedBytes += bytes[block]!
  }
}
