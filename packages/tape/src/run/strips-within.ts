/** A program in strips of elements, where that saves memory. */
import { plan } from '../plan/index.js'
import type { Program } from '../program/index.js'
import { fuse, fuseWithoutCopies, inStrips, mayCostMore, placeRecords } from '../rewrite/index.js'
import { costOnce, type Lowered } from './lowered.js'
import type { Lowering } from './prices.js'

/** Strips must take at most this part of the bytes of the program without them. */
const MOST_BYTES = 2 / 3
/** And cost at most so many times as much, by the copies of what a strip reads and gives. */
const MOST_COST = 1.5

/** A program with loops over strips. */
export interface Strips {
  readonly program: Program
  readonly lowered: Lowering
}

/** What costs of programs in strips are multiplied by, by how these are lowered; undefined where they save too little. */
const factors = new WeakMap<Lowered, { readonly factor: number | undefined }>()
const scaled = new WeakMap<Lowered, Lowered>()

/**
 * The program in strips, fused, if that takes two thirds of the bytes or less where everything is kept. Its cost is at most that of the cheapest
 * way without strips: cost counts a byte as a byte wherever it lies, and those of strips lie near; so no other plan costs less, and more
 * bytes, with which strips fit, never cost more.
 */
export function inStripsWithin(program: Program, lowering: Lowering): Strips | undefined {
  const stripped = inStrips(program)
  if (stripped === program) return undefined
  const strips = placeRecords(fuse(stripped))
  const ample = lowering(strips, 'ample')
  const found = factors.get(ample) ?? { factor: factorOf(program, ample, lowering) }
  factors.set(ample, found)
  const { factor } = found
  if (factor === undefined) return undefined
  return {
    program: strips,
    lowered(one, inner) {
      const lowered = lowering(one, inner)
      const made = scaled.get(lowered) ?? withCosts(lowered, factor)
      scaled.set(lowered, made)
      return made
    },
  }
}

function factorOf(program: Program, strips: Lowered, lowering: Lowering): number | undefined {
  const fused = lowering(placeRecords(fuse(program)), 'ample')
  const others = mayCostMore(program) ? [lowering(placeRecords(fuseWithoutCopies(program)), 'ample')] : []
  const cost = Math.min(...[fused, ...others].map(costOnce))
  const own = costOnce(strips)
  const bytes = ({ graph }: Lowered) => plan(graph).peakBytes
  if (own > MOST_COST * cost || bytes(strips) > MOST_BYTES * bytes(fused)) return undefined
  return Math.min(1, cost / own)
}

const withCosts = (lowered: Lowered, factor: number): Lowered => ({
  ...lowered,
  graph: {
    ...lowered.graph,
    steps: lowered.graph.steps.map(step => ({ ...step, cost: Math.floor(factor * step.cost) })),
  },
})
