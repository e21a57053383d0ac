/**
 * Ways to run a program within a budget. What is kept of its loops until they are reversed is chosen for all of them by one
 * price of a byte: the higher, the fewer bytes each loop takes (Everett, Generalized Lagrange multiplier method, Operations
 * Research 11(3), 1963). So one program becomes a list, from many bytes and little cost to few bytes, that depends on the program
 * alone. A budget is served by the cheapest of those that were tried for it; what is tried for a budget is tried for every
 * larger one, so that a larger budget never costs more, as far as `plan` keeps to that.
 */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import { type Graph, largestWorkingSetBytes, type Plan, plan } from '../plan/index.js'
import { controlOf, type Program } from '../program/index.js'
import {
  foldViews,
  fuse,
  fuseWithoutCopies,
  hasReversals,
  joinSlices,
  mayCostMore,
  placeRecords,
  reversalCount,
  spilledBytes,
} from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import { lower } from './lower.js'
import { costOnce, type Inner, type Lowered } from './lowered.js'
import { isRefusal, leastOf, planOrRefuse, type Refusal, tooTight } from './plan-or-refuse.js'
import { type Choice, type Lowering, type Prices, pricesOf } from './prices.js'
import { Regions } from './region.js'
import { inStripsWithin } from './strips-within.js'

/** A program, as it is or rewritten, with its plan. */
export interface Planned {
  readonly program: Program
  readonly lowered: Lowered
  readonly chosen: Plan
  /** Bytes of a store in which its loops keep states. */
  readonly spilledBytes: number
  /** All other graphs that might have been planned; absent where loops could be rewritten, and there are many. */
  readonly others?: () => readonly Graph[]
}

/** What a program may take. */
export interface Budget {
  readonly memoryBytes: number
  /** Bytes of a store for states of loops; 0 if there is none. */
  readonly spillBytes: number
}

/**
 * The cheapest way that was found to run a program within a budget, if there is one. What loops keep is limited by the size of
 * an arena where there is no budget.
 *
 * @param regions what was planned already for other budgets, with the same inputs pinned.
 */
export function planWithin(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions = new Regions(),
): Planned | Refusal {
  return find(program, pinned, budget, regions, Number.POSITIVE_INFINITY).outcome
}

/**
 * As {@link planWithin}, if it costs less than what was found already, for another program that does the same; undefined if not.
 *
 * @param cost of what was found, in FLOP equivalents.
 */
export function cheaperWithin(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions: Regions,
  cost: number,
): Planned | undefined {
  const { best } = find(program, pinned, budget, regions, cost)
  return best && costOfPlanned(best) < cost ? best : undefined
}

function find(
  program: Program,
  pinned: readonly boolean[],
  { memoryBytes, spillBytes }: Budget,
  regions: Regions,
  knownCost: number,
): Finding {
  const lowered: Lowering = (one, inner) =>
    regions.lowered(one, inner, () => lower(one, pinned, inner, regions))
  if (!hasReversals(program)) {
    const finding = new Finding(memoryBytes, lowered, knownCost)
    finding.asItIs(foldViews(joinSlices(program)))
    return finding
  }
  const finding = new Finding(Math.min(memoryBytes, ARENA_LIMIT_BYTES), lowered, knownCost)
  for (const bytes of sharesOf(program, spillBytes)) {
    const prices = pricesOf(regions, program, bytes, lowered)
    finding.among(prices, one => spilledBytes(one) <= spillBytes)
  }
  return finding
}

/**
 * Bytes of a store for each loop of known length. Several share one; how many of them will use it is not known before. A list
 * is not all there is, and that for a smaller store, or for none, may hold what is cheaper; so those are tried as well.
 */
function sharesOf(program: Program, spillBytes: number): readonly number[] {
  const left = spillBytes - spilledBytes(placeRecords(program))
  if (!(left >= SPILL_BLOCK_BYTES)) return [0]
  const shares = new Set([left])
  for (let loops = Math.max(2, reversalCount(program)); loops > 1; loops = Math.ceil(loops / 2)) {
    shares.add(left / loops)
  }
  return [...shares, 0]
}

/** Cost of a planned program, in FLOP equivalents. */
export const costOfPlanned = ({ chosen }: Planned): number => chosen.cost + chosen.extraCost

const INNER: readonly Inner[] = ['ample', 'least']

/** Further programs of a list that the planner may fit by computing values again. */
const FURTHER = 2

/** The cheapest of what was tried within a budget. */
class Finding {
  readonly #budgetBytes: number
  readonly #lowered: Lowering
  readonly #knownCost: number
  best: Planned | undefined
  readonly #refusals: Refusal[] = []

  /** @param knownCost of what was found before, which something else is to be cheaper than. */
  constructor(budgetBytes: number, lowered: Lowering, knownCost: number) {
    this.#budgetBytes = budgetBytes
    this.#lowered = lowered
    this.#knownCost = knownCost
  }

  /** What was found, or that nothing was. */
  get outcome(): Planned | Refusal {
    return this.best ?? leastOf(this.#refusals)
  }

  /**
   * Tries a program without reversals: in strips, if these save memory; fused, and where that computes values again also without
   * lines and copies of cheap values, which may take fewer bytes, and as it stands, since values inside of a group cannot be kept.
   */
  asItIs(program: Program): void {
    const ways = [fuse, fuseWithoutCopies, (separate: Program) => separate]
    const strips = inStripsWithin(program, this.#lowered)
    for (const inner of strips ? INNER : []) {
      if (strips && this.best?.chosen.extraCost !== 0) this.#try(strips.program, inner, strips.lowered)
    }
    const tried = new Set<Program>()
    for (const inner of program.instructions.some(controlOf) ? INNER : INNER.slice(0, 1)) {
      tried.clear()
      for (const way of ways) {
        // With each instruction run once nothing else costs less than what is fused, nor than strips.
        const mayCostLess = !strips && way === fuseWithoutCopies && mayCostMore(program)
        if (this.best?.chosen.extraCost === 0 && !mayCostLess) continue
        const one = placeRecords(way(program))
        if (tried.has(one)) continue
        tried.add(one)
        if (this.#costOnce(one) < Math.min(this.#cost, this.#knownCost)) this.#try(one, inner)
      }
    }
    const best = this.best
    if (!best || program.instructions.some(controlOf)) return
    const others = () =>
      [...new Set(ways.map(way => placeRecords(way(program))))]
        .filter(one => one !== best.program)
        .map(one => this.#lowered(one, 'ample').graph)
    this.best = { ...best, others }
  }

  /**
   * Tries the cheapest of a list if it fits; else the cheapest of those that do, some that may fit if values are computed
   * again, and where programs inside of instructions take fewer bytes if they are planned for that, those. If nothing of the ends of the list fits, nothing of it
   * is taken to, so that the fewest bytes that the ends name are those from which on something does.
   */
  among(prices: Prices, isAllowed: (program: Program) => boolean): void {
    const budgetBytes = this.#budgetBytes
    const allowed = (choices: readonly Choice[]) => choices.filter(({ program }) => isAllowed(program))
    if (prices.cheapest.cost >= this.#knownCost) return
    const [cheapest] = allowed([prices.cheapest])
    if (cheapest && cheapest.bytes <= budgetBytes) {
      this.#tryEach([cheapest], 'ample')
      return
    }
    const narrowest = allowed(prices.narrowest)
    this.#tryEach([...allowed([prices.first]), ...narrowest], 'ample')
    if (!this.best) this.#tryEach(narrowest, 'least')
    if (!this.best) return
    const inOrder = allowed(prices.all)
    const fitting = inOrder.filter(({ bytes }) => bytes <= budgetBytes)
    const above = inOrder.slice(fitting.length)
    const isNear = ({ bytes, scratchBytes }: Choice) => bytes - scratchBytes <= budgetBytes
    this.#tryEach(fitting, 'ample')
    this.#tryEach(above.filter(isNear), 'least', program => this.#fitsOnce(program))
    const further = above.slice(0, FURTHER)
    this.#tryEach(further, 'ample')
    this.#tryEach([...further.filter(isNear), ...narrowest], 'least')
  }

  /** Cost of a program with each instruction run once, at their fastest: no plan of it costs less. */
  #costOnce(program: Program): number {
    return costOnce(this.#lowered(program, 'ample'))
  }

  /** Tries those that may be cheaper, the cheapest first; while nothing of this program is known to fit, also dearer ones. */
  #tryEach(choices: readonly Choice[], inner: Inner, isWorthIt = (_: Program) => true): void {
    for (const { program, cost } of choices.toSorted((a, b) => a.cost - b.cost)) {
      if (cost < this.#cost && isWorthIt(program)) this.#try(program, inner)
    }
  }

  /** Whether a program fits with each instruction run once, if the programs inside of them are planned for few bytes. */
  #fitsOnce(program: Program): boolean {
    if (this.#floorBytes(program) > this.#budgetBytes) return false
    const { peakBytes, recordBytes } = plan(this.#lowered(program, 'least').graph)
    return peakBytes + recordBytes <= this.#budgetBytes
  }

  get #cost(): number {
    return this.best ? Math.min(costOfPlanned(this.best), this.#knownCost) : Number.POSITIVE_INFINITY
  }

  /** No plan of a program takes fewer bytes. */
  #floorBytes(program: Program): number {
    const { graph } = this.#lowered(program, 'floor')
    return graph.steps.reduce((sum, { recordBytes = 0 }) => sum + recordBytes, largestWorkingSetBytes(graph))
  }

  /** @param lowering how it is lowered, if not as others are. */
  #try(program: Program, inner: Inner, lowering = this.#lowered): void {
    // Planning the programs inside for few bytes takes long.
    const floorBytes = inner === 'least' ? this.#floorBytes(program) : 0
    if (floorBytes > this.#budgetBytes) {
      const error = () => tooTight(program, lowering(program, inner), this.#budgetBytes)
      this.#refusals.push({ atLeastBytes: floorBytes, error })
      return
    }
    const lowered = lowering(program, inner)
    const found = planOrRefuse(program, lowered, this.#budgetBytes, this.#cost)
    if (isRefusal(found)) {
      this.#refusals.push(found)
      return
    }
    const planned = { program, lowered, chosen: found, spilledBytes: spilledBytes(program) }
    if (costOfPlanned(planned) < this.#cost) this.best = planned
  }
}
