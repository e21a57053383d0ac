/** The free ranges of an arena by their sizes. */
export class SizedGaps {
  // ascending by size, and those of one size by where they begin
  readonly #sizes: number[] = []
  readonly #begins: number[] = []

  /** An empty range is none. */
  add(begin: number, end: number): void {
    if (end <= begin) return
    const at = this.#placeOf(end - begin, begin)
    this.#sizes.splice(at, 0, end - begin)
    this.#begins.splice(at, 0, begin)
  }

  /** Takes out a range that was added. */
  remove(begin: number, end: number): void {
    if (end <= begin) return
    const at = this.#placeOf(end - begin, begin)
    this.#sizes.splice(at, 1)
    this.#begins.splice(at, 1)
  }

  /** Where the smallest range of at least so many bytes begins; of equal ones the lowest, or the highest. */
  tightest(size: number, isHighest: boolean): number | undefined {
    const lowest = this.#placeOf(size, -1)
    if (!isHighest) return this.#begins[lowest]
    const room = this.#sizes[lowest]
    return room === undefined ? undefined : this.#begins[this.#placeOf(room, Infinity) - 1]
  }

  /** How many ranges are smaller, or as large and begin lower. */
  #placeOf(size: number, begin: number): number {
    const [sizes, begins] = [this.#sizes, this.#begins]
    let [low, high] = [0, sizes.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const room = sizes[middle]!
      if (room < size || (room === size && begins[middle]! < begin)) low = middle + 1
      else high = middle
    }
    return low
  }
}
