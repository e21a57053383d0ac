/**
 * Reverse accumulation over scalars as every textbook has it: a list of nodes, each with its parents and the local
 * derivatives ∂φᵢ/∂vⱼ, swept once backwards with v̄ⱼ ← v̄ⱼ + v̄ᵢ · ∂φᵢ/∂vⱼ.
 *
 * @example
 * const tape = new TextbookTape()
 * const x = tape.leaf(3)
 * const y = tape.leaf(2)
 * const product = tape.node(6, [[x, 2], [y, 3]])
 * tape.sweep([[product, 1]])[x] // → 2
 */
export class TextbookTape {
  readonly #values: number[] = []
  readonly #parents: (readonly Edge[])[] = []

  /** A node without parents. */
  leaf(value: number): number {
    return this.node(value, [])
  }

  /** A node with the local derivative by each parent; nodes are numbered as they come. */
  node(value: number, parents: readonly Edge[]): number {
    this.#parents.push(parents)
    return this.#values.push(value) - 1
  }

  /** The value of a node. */
  value(node: number): number {
    return this.#values[node] as number
  }

  /** The adjoint of every node, from those of some. */
  sweep(seeds: readonly Edge[]): Float64Array {
    const adjoints = new Float64Array(this.#values.length)
    const add = (node: number, amount: number) => {
      adjoints[node] = (adjoints[node] as number) + amount
    }
    for (const [node, seed] of seeds) add(node, seed)
    for (let node = this.#parents.length - 1; node >= 0; node--) {
      for (const [parent, partial] of this.#parents[node] as readonly Edge[]) {
        add(parent, (adjoints[node] as number) * partial)
      }
    }
    return adjoints
  }
}

/** A node, and a number that belongs to it. */
export type Edge = readonly [node: number, amount: number]
