/** Numbers in [0, 1) that are the same on every host, by xorshift (Marsaglia 2003). */
export class RandomNumbers {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) / 2 ** 32
  }

  /** A natural number below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** Nearly normal: four uniform numbers added (Irwin 1927, Hall 1927), of variance 1. */
  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * Math.sqrt(3)
  }
}
