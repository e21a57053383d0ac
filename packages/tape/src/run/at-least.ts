import { largestWorkingSetBytes } from '../plan/index.js'
import { controlOf, type Program } from '../program/index.js'
import { foldViews, fuse, fuseWithoutCopies, inStrips, joinSlices } from '../rewrite/index.js'
import { lower } from './lower.js'
import { Regions } from './region.js'

/** Bytes, and cost in FLOP equivalents. */
interface Least {
  readonly bytes: number
  /** Those of them that are the list of runs, whatever is resident. */
  readonly recordBytes: number
  readonly cost: number
}

/**
 * Bytes and cost below which no plan of a program is, as far as that is known before it is planned: those of its fullest
 * instruction and of a list that runs each once. Of a program with loops nothing is, since they may be rewritten, nor of one that becomes loops over strips.
 *
 * @param regions what was lowered already, with nothing pinned.
 * @example
 * const { program } = record(x => x.mul(x), tensor([1, 2, 3]))
 * atLeast(program).cost // → 39
 */
export function atLeast(program: Program, regions = new Regions()): Least {
  if (program.instructions.some(controlOf)) return { bytes: 0, recordBytes: 0, cost: 0 }
  const folded = foldViews(joinSlices(program))
  if (inStrips(folded) !== folded) return { bytes: 0, recordBytes: 0, cost: 0 }
  const ways = [...new Set([folded, fuse(folded), fuseWithoutCopies(folded)])].map(one => {
    const { graph } = regions.lowered(one, 'ample', () => lower(one, [], 'ample', regions))
    let [recordBytes, cost] = [0, 0]
    for (const step of graph.steps) {
      recordBytes += step.recordBytes ?? 0
      cost += step.cost
    }
    return { bytes: largestWorkingSetBytes(graph) + recordBytes, recordBytes, cost }
  })
  return {
    bytes: Math.min(...ways.map(({ bytes }) => bytes)),
    recordBytes: Math.min(...ways.map(({ recordBytes }) => recordBytes)),
    cost: Math.min(...ways.map(({ cost }) => cost)),
  }
}
