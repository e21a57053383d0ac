/**
 * A minimal cut between two nodes, by shortest augmenting paths: Edmonds & Karp, Theoretical improvements in algorithmic
 * efficiency for network flow problems, J. ACM 19(2), 1972. O(V·E²) at worst; graphs here are steps of loops.
 */

/** A directed edge; cutting it costs its capacity. */
export type Edge = readonly [from: number, to: number, capacity: number]

/**
 * Which nodes are on the sink's side of the minimal cut that is nearest to the sink.
 *
 * @param nodes their number; edges name them from 0 on.
 * @example
 * sinkSide(3, [[0, 1, 5], [1, 2, 3]], 0, 2) // → [false, false, true]
 */
export function sinkSide(nodes: number, edges: readonly Edge[], source: number, sink: number): boolean[] {
  const ends = edges.flatMap(([from, to]) => [to, from])
  // Edge 2k and its opposite 2k + 1.
  const left = Float64Array.from(edges.flatMap(([, , capacity]) => [capacity, 0]))
  const leaving = Array.from({ length: nodes }, (): number[] => [])
  edges.forEach(([from, to], k) => {
    leaving[from]?.push(2 * k)
    leaving[to]?.push(2 * k + 1)
  })
  for (;;) {
    const path = shortestPath(leaving, ends, left, source, sink)
    if (!path) break
    const flow = Math.min(...path.map(edge => left[edge] as number))
    for (const edge of path) {
      left[edge] = (left[edge] as number) - flow
      left[edge ^ 1] = (left[edge ^ 1] as number) + flow
    }
  }
  const side = new Array<boolean>(nodes).fill(false)
  side[sink] = true
  const found = [sink]
  for (const node of found) {
    for (const edge of leaving[node] as number[]) {
      const from = ends[edge] as number
      if (side[from] || (left[edge ^ 1] as number) <= 0) continue
      side[from] = true
      found.push(from)
    }
  }
  return side
}

function shortestPath(
  leaving: readonly (readonly number[])[],
  ends: readonly number[],
  left: Float64Array,
  source: number,
  sink: number,
): number[] | undefined {
  const reachedBy = new Int32Array(leaving.length).fill(-1)
  const found = [source]
  for (const node of found) {
    for (const edge of leaving[node] as readonly number[]) {
      const to = ends[edge] as number
      if (to === source || reachedBy[to] !== -1 || (left[edge] as number) <= 0) continue
      reachedBy[to] = edge
      found.push(to)
    }
    if (reachedBy[sink] !== -1) break
  }
  if (reachedBy[sink] === -1) return undefined
  const path: number[] = []
  for (let node = sink; node !== source; ) {
    const edge = reachedBy[node] as number
    path.push(edge)
    node = ends[edge ^ 1] as number
  }
  return path
}
