import type { FusionNode } from '../program/index.js'

/** Nodes, and the numbers of those whose values are given out. */
export interface Nodes {
  readonly nodes: readonly FusionNode[]
  readonly outputs: readonly number[]
}

/**
 * The nodes of a fusion without negations that sums and differences can take into their signs, also by way of products, if that makes
 * them fewer. x + (−y) is x − y, x − (−y) is x + y, and (−x)·y is −(x·y), all to the bit (IEEE 754-2019, 6.3) but for the sign of
 * NaN, which WebAssembly leaves to the processor. Pullbacks of differences are made of such sums.
 *
 * @param inputs how many operands come before the nodes
 * @example
 * const [params, dtype] = [{}, 'f32']
 * const neg = { op: 'neg', params, dtype, operands: [0] }
 * const add = { op: 'add', params, dtype, operands: [1, 2] }
 * const { nodes } = withoutNegations({ nodes: [neg, add], outputs: [1] }, 2)
 * nodes.map(({ op, operands }) => [op, ...operands]) // → [['sub', 1, 0]]
 */
export function withoutNegations(given: Nodes, inputs: number): Nodes {
  if (!given.nodes.some(({ op }) => op === 'neg')) return given
  const ways = [[], ['mul', 'div']].map(products => new Signs(given, inputs, products).made)
  return ways.reduce((fewest, way) => (way.nodes.length < fewest.nodes.length ? way : fewest))
}

/** An operand, or its opposite. */
interface Signed {
  readonly operand: number
  /** What negates the operand, its operand aside; left out where it is not negated. */
  readonly negation?: FusionNode
}

/** Nodes made anew one after another; of those that are opposites of others it is only noted, until they are needed themselves. */
class Signs {
  readonly #inputs: number
  readonly #products: readonly string[]
  readonly #nodes: FusionNode[] = []
  /** Negations by what they are the opposite of. */
  readonly #negations = new Map<number, number>()
  readonly made: Nodes

  /** @param products ops whose signs are those of their operands, multiplied */
  constructor({ nodes, outputs }: Nodes, inputs: number, products: readonly string[]) {
    this.#inputs = inputs
    this.#products = products
    const signed = Array.from({ length: inputs }, (_, operand): Signed => ({ operand }))
    for (const node of nodes) {
      signed.push(
        this.#take(
          node,
          node.operands.map(operand => signed[operand] as Signed),
        ),
      )
    }
    const given = outputs.map(node =>
      this.#node(this.#value(signed[inputs + node] as Signed), nodes[node] as FusionNode),
    )
    this.made = { nodes: this.#nodes, outputs: given }
  }

  #take(node: FusionNode, operands: readonly Signed[]): Signed {
    const { op, dtype, at } = node
    const [first, second] = operands as readonly [Signed, Signed]
    if (op === 'neg') return first.negation ? { operand: first.operand } : { ...first, negation: node }
    if (op === 'add' || op === 'sub') return this.#sum(node, first, second)
    if (!this.#products.includes(op))
      return this.#emit(
        node,
        op,
        operands.map(operand => this.#value(operand)),
      )
    const { operand } = this.#emit(node, op, [first.operand, second.operand])
    if ((first.negation === undefined) === (second.negation === undefined)) return { operand }
    return {
      operand,
      negation: { op: 'neg', params: {}, dtype, operands: [], ...(at !== undefined && { at }) },
    }
  }

  /** A sum or a difference. The sum of two opposites is not the opposite of a sum, where that is zero. */
  #sum(node: FusionNode, first: Signed, second: Signed): Signed {
    const isAdded = (node.op === 'add') === (second.negation === undefined)
    if (first.negation && isAdded) return this.#emit(node, 'sub', [second.operand, first.operand])
    return this.#emit(node, isAdded ? 'add' : 'sub', [this.#value(first), second.operand])
  }

  /** The number of an operand with its sign. */
  #value({ operand, negation }: Signed): number {
    if (!negation) return operand
    const negated = this.#negations.get(operand) ?? this.#emit(negation, 'neg', [operand]).operand
    this.#negations.set(operand, negated)
    return negated
  }

  /** The node that gives an operand: what is given out is no input, so one that was negated twice still is. */
  #node(operand: number, negation: FusionNode): number {
    if (operand >= this.#inputs) return operand - this.#inputs
    const opposite = this.#value({ operand, negation })
    return this.#emit(negation, 'neg', [opposite]).operand - this.#inputs
  }

  #emit(node: FusionNode, op: string, operands: readonly number[]): Signed {
    this.#nodes.push({ ...node, op, operands })
    return { operand: this.#inputs + this.#nodes.length - 1 }
  }
}
