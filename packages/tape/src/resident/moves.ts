/**
 * The order in which blocks move to other places of one memory, so that none is overwritten before it has moved: parallel
 * assignment (May 1989). A block may move once nothing that has not moved lies where it goes; where blocks wait for
 * one another in a ring, one of them steps aside first, if there is room.
 */

/** Bytes that go from one address to another. */
export interface Relocation {
  readonly from: number
  readonly to: number
  readonly bytes: number
}

/** A move that has not been made. */
interface Pending {
  from: number
  readonly to: number
  readonly bytes: number
  /** How many others lie where it goes. */
  blockers: number
  /** What waits for it to move away. */
  blocks: Pending[]
}

/**
 * The moves in an order in which they can be made one after the other; undefined if they get stuck in a ring and there is
 * no room to step aside. What stays where it is is among them, with equal addresses, and is not in the result.
 *
 * @param moves neither the places they come from nor those they go to overlap
 * @param limitBytes end of the memory
 */
export function orderMoves(
  moves: readonly Relocation[],
  limitBytes: number,
): readonly Relocation[] | undefined {
  const ordered: Relocation[] = []
  const pending: Pending[] = moves
    .filter(({ bytes }) => bytes > 0)
    .map(move => ({ ...move, blockers: 0, blocks: [] }))
  block(pending)
  const waiting = new Set<Pending>(pending)
  const ready = pending.filter(({ blockers }) => blockers === 0)
  let end = pending.reduce((end, { from, to, bytes }) => Math.max(end, from + bytes, to + bytes), 0)
  const leave = (move: Pending, to: number) => {
    if (move.from !== to) ordered.push({ from: move.from, to, bytes: move.bytes })
    for (const blocked of move.blocks) if (--blocked.blockers === 0) ready.push(blocked)
    move.blocks = []
    move.from = to
  }
  while (waiting.size > 0) {
    const move = ready.pop()
    if (move) {
      leave(move, move.to)
      waiting.delete(move)
      continue
    }
    const aside = stepAside(pending, waiting, { offset: end, bytes: limitBytes - end })
    if (!aside) return undefined
    leave(aside.move, aside.to)
    end = Math.max(end, aside.to + aside.move.bytes)
  }
  return ordered
}

/** Finds out what lies where something else goes. */
function block(pending: readonly Pending[]): void {
  const bySource = pending.toSorted((a, b) => a.from - b.from)
  for (const move of pending) {
    let [low, high] = [0, bySource.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const { from, bytes } = bySource[middle] as Pending
      if (from + bytes > move.to) high = middle
      else low = middle + 1
    }
    for (let k = low; k < bySource.length; k++) {
      const other = bySource[k] as Pending
      if (other.from >= move.to + move.bytes) break
      if (other === move) continue
      other.blocks.push(move)
      move.blockers++
    }
  }
}

/** The largest block in the way of others for which there is room behind everything, or where nothing lies and nothing goes. */
function stepAside(pending: readonly Pending[], waiting: ReadonlySet<Pending>, behind: Hole) {
  const fitting = (hole: Hole) => {
    let largest: Pending | undefined
    for (const one of waiting) {
      if (one.blocks.length > 0 && one.bytes <= hole.bytes && one.bytes > (largest?.bytes ?? 0)) largest = one
    }
    return largest && { move: largest, to: hole.offset }
  }
  return fitting(behind) ?? fitting(largestHole(pending))
}

interface Hole {
  readonly offset: number
  readonly bytes: number
}

function largestHole(pending: readonly Pending[]): Hole {
  const taken = pending.flatMap(({ from, to, bytes }) => [
    { offset: from, bytes },
    { offset: to, bytes },
  ])
  let [hole, end] = [{ offset: 0, bytes: 0 }, 0]
  for (const { offset, bytes } of taken.sort((a, b) => a.offset - b.offset)) {
    if (offset - end > hole.bytes) hole = { offset: end, bytes: offset - end }
    end = Math.max(end, offset + bytes)
  }
  return hole
}
