/** A stretch of an arena; moved when the arena is compacted. */
export interface Block {
  readonly offset: number
  /** A multiple of 16. */
  readonly bytes: number
}

interface Stretch {
  offset: number
  bytes: number
}

/**
 * Which bytes of an arena are taken: first fit, lowest address first (Knuth, TAOCP vol. 1, §2.5), with adjacent holes
 * joined. Where a block goes depends on the blocks taken and given back before alone, not on how far the arena has grown.
 */
export class Blocks {
  readonly limitBytes: number
  /** In ascending order; none is empty and no two touch. */
  #holes: Stretch[]
  readonly #taken = new Set<Stretch>()
  #freeBytes: number

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
    this.#freeBytes = limitBytes
    this.#holes = limitBytes > 0 ? [{ offset: 0, bytes: limitBytes }] : []
  }

  /** Bytes that are not taken, in however many holes. */
  get freeBytes(): number {
    return this.#freeBytes
  }

  /** Takes a block out of the first hole that is large enough. */
  take(bytes: number): Block | undefined {
    const at = this.#holes.findIndex(hole => hole.bytes >= bytes)
    if (at < 0) return undefined
    const hole = this.#holes[at] as Stretch
    const block = { offset: hole.offset, bytes }
    hole.offset += bytes
    hole.bytes -= bytes
    if (hole.bytes === 0) this.#holes.splice(at, 1)
    this.#taken.add(block)
    this.#freeBytes -= bytes
    return block
  }

  /** Takes a block at an address, where a hole must be. */
  takeAt(offset: number, bytes: number): Block {
    const at = this.#holeAfter(offset) - 1
    const hole = this.#holes[at]
    if (!hole || hole.offset + hole.bytes < offset + bytes) throw new Error('A block was taken twice.')
    const rest = [
      { offset: hole.offset, bytes: offset - hole.offset },
      { offset: offset + bytes, bytes: hole.offset + hole.bytes - offset - bytes },
    ]
    this.#holes.splice(at, 1, ...rest.filter(stretch => stretch.bytes > 0))
    const block = { offset, bytes }
    this.#taken.add(block)
    this.#freeBytes -= bytes
    return block
  }

  /** Gives a block back. */
  give(block: Block): void {
    if (!this.#taken.delete(block)) throw new Error('A block was given back that is not taken.')
    this.#freeBytes += block.bytes
    const { offset, bytes } = block
    const at = this.#holeAfter(offset)
    const [before, after] = [this.#holes[at - 1], this.#holes[at]]
    const joinsBefore = before !== undefined && before.offset + before.bytes === offset
    const joinsAfter = after !== undefined && offset + bytes === after.offset
    if (joinsBefore) before.bytes += bytes + (joinsAfter ? after.bytes : 0)
    else if (joinsAfter) Object.assign(after, { offset, bytes: bytes + after.bytes })
    if (joinsBefore && joinsAfter) this.#holes.splice(at, 1)
    if (!joinsBefore && !joinsAfter) this.#holes.splice(at, 0, { offset, bytes })
  }

  /** Gives all blocks back. */
  clear(): void {
    this.#taken.clear()
    this.#freeBytes = this.limitBytes
    this.#holes = this.limitBytes > 0 ? [{ offset: 0, bytes: this.limitBytes }] : []
  }

  /** Moves all blocks down to the lowest addresses, in their order, so that one hole is left. */
  compact(move: (from: number, to: number, bytes: number) => void): void {
    let end = 0
    for (const block of [...this.#taken].sort((a, b) => a.offset - b.offset)) {
      if (block.offset !== end) move(block.offset, end, block.bytes)
      block.offset = end
      end += block.bytes
    }
    this.#holes = end < this.limitBytes ? [{ offset: end, bytes: this.limitBytes - end }] : []
  }

  /** Index of the first hole after an address. */
  #holeAfter(offset: number): number {
    let [low, high] = [0, this.#holes.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#holes[middle] as Stretch).offset > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}
