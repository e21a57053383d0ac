/** A binary heap of small integers, least first. */
export class MinHeap {
  readonly #items: number[] = []

  get size(): number {
    return this.#items.length
  }

  /** The least item; the heap must not be empty. */
  peek(): number {
    return this.#items[0]!
  }

  push(item: number): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const up = (at - 1) >> 1
      if (items[up]! <= item) break
      items[at] = items[up]!
      at = up
    }
    items[at] = item
  }

  /** Removes the least item and returns it; the heap must not be empty. */
  pop(): number {
    const items = this.#items
    const least = items[0]!
    const last = items.pop()!
    const size = items.length
    if (size === 0) return least
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= size) break
      if (down + 1 < size && items[down + 1]! < items[down]!) down++
      if (items[down]! >= last) break
      items[at] = items[down]!
      at = down
    }
    items[at] = last
    return least
  }
}
