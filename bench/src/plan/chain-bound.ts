/**
 * A bound of what every schedule of a chain costs again, by dynamic programming over the next first run and a set of storages. A
 * chain is a graph of which each step reads what the one before it wrote, so its first runs have one order.
 *
 * Some storages are tracked. Others run again for nothing and take bytes only where a run reads or writes them; but each carries
 * tracked storages that it is computed from, of no more bytes in all than its own. Of a schedule within so many bytes let R be the
 * tracked storages that are resident, with those that resident others carry. Then at any moment
 *
 *     bytes(R) ≤ live bytes,
 *     R ⊇ N(k), the tracked operands of k and what its other operands carry, before a run of k,
 *     bytes(R ∖ N(k)) + bytes of the operands of k and of its result ≤ the limit, during it,
 *
 * so the sets R are a way through the states below, which costs no more than the schedule. Between two first runs the result of the
 * first waits for the second. If it is not tracked and carries nothing, its bytes come on top, or something runs again that costs
 * at least {@link ChainBoundOptions.dear}: itself, or if that is cheap what it was computed from, which is held in its place.
 */
import type { Graph } from '@wengert/tape'

/** What is tracked, and from where on. */
export interface ChainBoundOptions {
  /** At most 26 storages. */
  readonly tracked: readonly number[]
  /** What storages that are not tracked carry. Default: all that they are computed from, where that has no more bytes, or nothing. */
  readonly carried?: Readonly<Record<number, readonly number[]>>
  /** Before the first run of this step everything is free. Default 0. */
  readonly from?: number
  /** Costs are rounded down to multiples of it, and no way is followed beyond 65,534 of them. */
  readonly costUnit: number
  /** What is waiting is held, unless a step that costs so much runs again. Default: nothing is held. */
  readonly dear?: number
}

const NEVER = 0xffff

/**
 * The least extra cost of any schedule of a chain within so many live bytes, or less; ∞ where there is none.
 *
 * @throws Error if the graph is no chain of steps with one result each, or something carries more bytes than it has.
 */
export function chainBound(graph: Graph, limitBytes: number, options: ChainBoundOptions): number {
  const { costUnit, from = 0, tracked } = options
  const chain = new Chain(graph, options)
  const bit = new Map(tracked.map((storage, b) => [storage, 1 << b]))
  const all = 2 ** tracked.length - 1
  const bytes = bytesOfSets(tracked.map(storage => graph.bytes[storage]!))
  let cheapest = new Uint16Array(all + 1).fill(NEVER)
  let next = new Uint16Array(all + 1)
  const early = tracked.reduce((set, storage) => (storage < from ? set | bit.get(storage)! : set), 0)
  eachSubset(early, set => {
    if (bytes[set]! <= limitBytes) cheapest[set] = 0
  })
  for (let step = from; step < graph.steps.length; step++) {
    const useful = chain.usefulFrom(step)
    forget(cheapest, all, all)
    for (let set = 0; set <= all; set++) if (set & ~useful) cheapest[set] = NEVER
    const heldBytes = step > from ? chain.heldBytes(step) : 0
    const again = tracked.filter(storage => storage < step && useful & bit.get(storage)!)
    for (let isChanged = step > from; isChanged; ) {
      isChanged = false
      for (const storage of again) {
        const own = bit.get(storage)!
        const needs = chain.needs(storage)
        const room = limitBytes - heldBytes - chain.runBytes(storage)
        const cost = Math.floor(graph.steps[storage]!.cost / costUnit)
        if (needs & ~useful || room < 0) continue
        eachSubset(useful & ~needs & ~own, others => {
          if (bytes[others]! > room) return
          const before = cheapest[others | needs]!
          const after = others | needs | own
          if (before + cost >= cheapest[after]! || bytes[after]! + heldBytes > limitBytes) return
          cheapest[after] = before + cost
          isChanged = true
        })
      }
      if (isChanged) forget(cheapest, useful, all)
    }
    next.fill(NEVER)
    const own = bit.get(step) ?? 0
    const needs = chain.needs(step)
    const room = limitBytes - chain.runBytes(step)
    eachSubset(useful & ~needs & ~own, others => {
      if (bytes[others]! <= room) next[others | needs | own] = cheapest[others | needs]!
    })
    ;[cheapest, next] = [next, cheapest]
  }
  const least = cheapest.reduce((least, cost) => Math.min(least, cost), NEVER)
  return least === NEVER ? Infinity : least * costUnit
}

/** Sets of tracked storages that runs of a chain need, and bytes that they take. */
class Chain {
  readonly #graph: Graph
  readonly #options: ChainBoundOptions
  readonly #bit: ReadonlyMap<number, number>
  /** Of a tracked storage itself, of others what they carry. */
  readonly #stands: number[] = []
  readonly #needs: readonly number[]

  constructor(graph: Graph, options: ChainBoundOptions) {
    this.#graph = graph
    this.#options = options
    this.#bit = new Map(options.tracked.map((storage, b) => [storage, 1 << b]))
    if (options.tracked.length > 26) throw new Error('more than 26 storages are tracked')
    if (graph.inputs.length > 0 || graph.outputs.length > 0)
      throw new Error('a chain has no inputs or outputs')
    this.#needs = graph.steps.map(({ inputs, outputs, scratchBytes }, step) => {
      const isLink = step === 0 || inputs.includes(step - 1)
      if (!isLink || outputs.length !== 1 || outputs[0] !== step || scratchBytes > 0) {
        throw new Error(`step ${step} is no link of a chain`)
      }
      const needs = inputs.reduce((set, storage) => set | this.#stands[storage]!, 0)
      this.#stands.push(this.#bit.get(step) ?? this.#carried(step, needs))
      return needs
    })
  }

  #bytesOf(set: number): number {
    return this.#options.tracked.reduce(
      (sum, storage, b) => sum + ((set >> b) & 1) * this.#graph.bytes[storage]!,
      0,
    )
  }

  #carried(storage: number, needs: number): number {
    const given = this.#options.carried?.[storage]
    const set = given ? given.reduce((set, one) => set | this.#bit.get(one)!, 0) : needs
    const fits = this.#bytesOf(set) <= this.#graph.bytes[storage]!
    if (given && (!fits || set & ~needs)) throw new Error(`storage ${storage} cannot carry that`)
    return fits ? set : 0
  }

  /** What has to be resident before a run. */
  needs(step: number): number {
    return this.#needs[step]!
  }

  /** Operands and result. */
  runBytes(step: number): number {
    const { inputs } = this.#graph.steps[step]!
    return inputs.reduce((sum, storage) => sum + this.#graph.bytes[storage]!, this.#graph.bytes[step]!)
  }

  /** What first runs from a step on need, and what that is computed from. */
  usefulFrom(step: number): number {
    let useful = this.#needs.slice(step).reduce((set, needs) => set | needs, 0)
    for (let before = -1; before !== useful; ) {
      before = useful
      for (const [storage, own] of this.#bit) if (useful & own) useful |= this.#needs[storage]!
    }
    return useful
  }

  /** Bytes of what waits for a first run. */
  heldBytes(step: number): number {
    const { dear = Infinity } = this.#options
    const { steps, bytes } = this.#graph
    let held = Infinity
    for (let storage = step - 1; storage >= 0 && dear < Infinity; storage--) {
      if (this.#stands[storage] !== 0) return 0
      held = Math.min(held, bytes[storage]!)
      if (steps[storage]!.cost >= dear) return held
    }
    return 0
  }
}

function bytesOfSets(bytes: readonly number[]): Float64Array {
  const sums = new Float64Array(2 ** bytes.length)
  bytes.forEach((own, b) => {
    for (let set = 1 << b; set < 2 << b; set++) sums[set] = sums[set - (1 << b)]! + own
  })
  return sums
}

/** What is resident may be dropped. */
function forget(cheapest: Uint16Array, droppable: number, all: number): void {
  for (let own = 1; own <= all; own *= 2) {
    if (!(droppable & own)) continue
    for (let from = 0; from <= all; from += 2 * own) {
      for (let set = from; set < from + own; set++) {
        if (cheapest[set + own]! < cheapest[set]!) cheapest[set] = cheapest[set + own]!
      }
    }
  }
}

function eachSubset(of: number, visit: (set: number) => void): void {
  for (let set = 0; ; set = (set - of) & of) {
    visit(set)
    if (set === of) return
  }
}
