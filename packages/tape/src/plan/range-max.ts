/** Length of a block; ranges of thousands are looked at a block at a time. */
const BLOCK = 64

/** Numbers in a row, of which stretches are raised, and of which it is asked whether any in a stretch is too large. */
export class RangeMax {
  /** What is added to all of a block comes on top. */
  readonly #values: Float64Array
  readonly #added: Float64Array
  /** Of each block, without what is added to all of it. */
  readonly #largest: Float64Array

  constructor(values: Float64Array) {
    const blocks = Math.ceil(values.length / BLOCK)
    this.#values = values.slice()
    this.#added = new Float64Array(blocks)
    this.#largest = new Float64Array(blocks)
    for (let block = 0; block < blocks; block++) this.#look(block)
  }

  /** Whether any from one place to another, both included, is larger than a bound. */
  exceeds(bound: number, from: number, to: number): boolean {
    for (let p = from; p <= to; ) {
      const block = Math.floor(p / BLOCK)
      const end = Math.min((block + 1) * BLOCK, to + 1)
      const left = bound - this.#added[block]!
      if (this.#largest[block]! > left) {
        const isWhole = p === block * BLOCK && end === (block + 1) * BLOCK
        if (isWhole || this.#within(p, end - 1) > left) return true
      }
      p = end
    }
    return false
  }

  /** Raises all from one place to another, both included. */
  raise(from: number, to: number, amount: number): void {
    for (let p = from; p <= to; ) {
      const block = Math.floor(p / BLOCK)
      const end = (block + 1) * BLOCK
      if (p === block * BLOCK && end <= to + 1) {
        this.#added[block] = this.#added[block]! + amount
      } else {
        for (let q = p; q < end && q <= to; q++) this.#values[q] = this.#values[q]! + amount
        this.#look(block)
      }
      p = end
    }
  }

  #look(block: number): void {
    this.#largest[block] = this.#within(block * BLOCK, (block + 1) * BLOCK - 1)
  }

  #within(from: number, to: number): number {
    let most = -Infinity
    const end = Math.min(to + 1, this.#values.length)
    for (let p = from; p < end; p++) if (this.#values[p]! > most) most = this.#values[p]!
    return most
  }
}
