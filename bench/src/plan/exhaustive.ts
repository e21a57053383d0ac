import type { Graph } from '@wengert/tape'

/** The least extra cost at a limit on live bytes, by Dijkstra over (steps run so far, live set), in the graph's order; −1: none. */
export function leastExtraCost({ steps, bytes, outputs }: Graph, limitBytes: number): number {
  const mask = (storages: readonly number[]) => storages.reduce((set, storage) => set | (1 << storage), 0)
  const size = (set: number) => bytes.reduce((sum, each, s) => sum + (set & (1 << s) ? each : 0), 0)
  const [count, kept] = [steps.length, mask(outputs)]
  const best = new Map<number, number>([[0, 0]])
  const buckets: number[][] = [[0]]
  for (let cost = 0; cost < buckets.length; cost++) {
    const bucket = buckets[cost] ?? []
    for (let state = bucket.pop(); state !== undefined; state = bucket.pop()) {
      if (best.get(state) !== cost) continue
      const [ran, set] = [state >> count, state & ((1 << count) - 1)]
      if (ran === count && (set & kept) === kept) return cost
      const go = (next: number, nextCost: number) => {
        if ((best.get(next) ?? Infinity) <= nextCost) return
        best.set(next, nextCost)
        while (buckets.length <= nextCost) buckets.push([])
        buckets[nextCost]!.push(next)
      }
      for (let s = 0; s < count; s++) if (set & (1 << s)) go(state ^ (1 << s), cost)
      for (let k = 0; k <= ran && k < count; k++) {
        const { inputs, outputs: written, cost: own } = steps[k]!
        const next = set | mask(written)
        if (next === set || (set & mask(inputs)) !== mask(inputs) || size(next) > limitBytes) continue
        if (k === ran) go(((ran + 1) << count) | next, cost)
        else go((ran << count) | next, cost + own)
      }
    }
  }
  return -1
}
