/**
 * Ways to run a program within a budget. What is kept of its loops until they are reversed is chosen for all of them by one
 * price of a byte: the higher, the fewer bytes each loop takes (Everett, Generalized Lagrange multiplier method, Operations
 * Research 11(3), 1963). So one program becomes a list, from many bytes and little cost to few bytes, that depends on the program
 * alone. A budget is served by the cheapest of those that were tried for it; what is tried for a budget is tried for every
 * larger one, so that a larger budget never costs more.
 */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import { type Graph, type Plan, plan } from '../plan/index.js'
import { controlOf, type Program } from '../program/index.js'
import {
  foldViews,
  fuse,
  hasReversals,
  hasReversalsInside,
  joinSlices,
  KeptLoops,
  mergeLoops,
  type Reversal,
  reversalCount,
  simplify,
  spilledBytes,
} from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import { enclosing, instructionCosts, lower } from './lower.js'
import type { Inner, Lowered } from './lowered.js'
import { errorOf, isRefusal, planOrRefuse, type Refusal } from './plan-or-refuse.js'
import { Regions } from './region.js'
import { schedulesOf } from './schedules.js'
import { cheapestAt, type Way, type Ways, waysOf, waysWithin } from './ways.js'

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
  { memoryBytes, spillBytes }: Budget,
  regions = new Regions(),
): Planned | Refusal {
  const lowered: Lowering = (one, inner) =>
    regions.lowered(one, inner, () => lower(one, pinned, inner, regions))
  if (!hasReversals(program)) return new Finding(memoryBytes, lowered).asItIs(foldViews(joinSlices(program)))
  const finding = new Finding(Math.min(memoryBytes, ARENA_LIMIT_BYTES), lowered)
  for (const bytes of sharesOf(program, spillBytes)) {
    const prices = pricesOf(regions, program, bytes, lowered)
    finding.among(prices, one => spilledBytes(one) <= spillBytes)
  }
  return finding.outcome
}

/** Bytes of a store for each loop of known length. Several share one; how many of them will use it is not known before. */
function sharesOf(program: Program, spillBytes: number): readonly number[] {
  const left = spillBytes - spilledBytes(program)
  if (!(left >= SPILL_BLOCK_BYTES)) return [0]
  const shares = new Set([left])
  for (let loops = reversalCount(program); loops > 1; loops = Math.ceil(loops / 2)) {
    shares.add(left / loops).add(0)
  }
  return [...shares]
}

type Lowering = (program: Program, inner: Inner) => Lowered

/** Cost of a planned program, in FLOP equivalents. */
export const costOfPlanned = ({ chosen }: Planned): number => chosen.cost + chosen.extraCost

const INNER: readonly Inner[] = ['ample', 'least']

/** Further programs of a list that the planner may fit by computing values again. */
const FURTHER = 2

/** The cheapest of what was tried within a budget. */
class Finding {
  readonly #budgetBytes: number
  readonly #lowered: Lowering
  #best: Planned | undefined
  readonly #refusals: Refusal[] = []

  constructor(budgetBytes: number, lowered: Lowering) {
    this.#budgetBytes = budgetBytes
    this.#lowered = lowered
  }

  /** What was found, or that nothing was. */
  get outcome(): Planned | Refusal {
    if (this.#best) return this.#best
    const refusals = this.#refusals
    return {
      atLeastBytes: Math.min(...refusals.map(({ atLeastBytes }) => atLeastBytes)),
      error: () => errorOf(refusals),
    }
  }

  /**
   * Tries a program without reversals: fused, and where that computes values again also as it stands, since values inside of
   * a group cannot be kept.
   */
  asItIs(program: Program): Planned | Refusal {
    const ways = new Set([fuse(program), program])
    for (const inner of program.instructions.some(controlOf) ? INNER : INNER.slice(0, 1)) {
      for (const one of ways) {
        if (this.#best?.chosen.extraCost !== 0) this.#try(one, inner)
      }
    }
    const best = this.#best
    if (!best || program.instructions.some(controlOf)) return this.outcome
    const others = () =>
      [...ways].filter(one => one !== best.program).map(one => this.#lowered(one, 'ample').graph)
    return { ...best, others }
  }

  /**
   * Tries the cheapest of a list if it fits; else the cheapest of those that do, some that may fit if values are computed
   * again, and where programs inside of instructions take fewer bytes if they are planned for that, those. If nothing of the ends of the list fits, nothing of it
   * is taken to, so that the fewest bytes that the ends name are those from which on something does.
   */
  among(prices: Prices, isAllowed: (program: Program) => boolean): void {
    const budgetBytes = this.#budgetBytes
    const allowed = (choices: readonly Choice[]) => choices.filter(({ program }) => isAllowed(program))
    const [cheapest] = allowed([prices.cheapest])
    if (cheapest && cheapest.bytes <= budgetBytes) {
      this.#tryEach([cheapest], 'ample')
      return
    }
    const { narrowest: ends, all } = prices.others
    const narrowest = allowed(ends)
    this.#tryEach([...allowed([prices.first]), ...narrowest], 'ample')
    if (!this.#best) this.#tryEach(narrowest, 'least')
    if (!this.#best) return
    const inOrder = allowed(all)
    const fitting = inOrder.filter(({ bytes }) => bytes <= budgetBytes)
    const above = inOrder.slice(fitting.length)
    const isNear = ({ bytes, scratchBytes }: Choice) => bytes - scratchBytes <= budgetBytes
    this.#tryEach(fitting, 'ample')
    this.#tryEach(above.filter(isNear), 'least', program => this.#fitsOnce(program))
    const further = above.slice(0, FURTHER)
    this.#tryEach(further, 'ample')
    this.#tryEach([...further.filter(isNear), ...narrowest], 'least')
  }

  /** Tries those that may be cheaper, the cheapest first. */
  #tryEach(choices: readonly Choice[], inner: Inner, isWorthIt = (_: Program) => true): void {
    for (const { program, cost } of choices.toSorted((a, b) => a.cost - b.cost)) {
      if (cost < this.#cost && isWorthIt(program)) this.#try(program, inner)
    }
  }

  /** Whether a program fits with each instruction run once, if the programs inside of them are planned for few bytes. */
  #fitsOnce(program: Program): boolean {
    const { peakBytes, recordBytes } = plan(this.#lowered(program, 'least').graph)
    return peakBytes + recordBytes <= this.#budgetBytes
  }

  get #cost(): number {
    return this.#best ? costOfPlanned(this.#best) : Number.POSITIVE_INFINITY
  }

  #try(program: Program, inner: Inner): void {
    const lowered = this.#lowered(program, inner)
    const found = planOrRefuse(program, lowered, this.#budgetBytes)
    if (isRefusal(found)) {
      this.#refusals.push(found)
      return
    }
    const planned = { program, lowered, chosen: found, spilledBytes: spilledBytes(program) }
    if (costOfPlanned(planned) < this.#cost) this.#best = planned
  }
}

/** A program of a list, with the programs inside of its instructions at their fastest and each instruction run once. */
interface Choice {
  readonly level: number
  readonly program: Program
  readonly bytes: number
  readonly cost: number
  /** The most that an instruction needs for itself. */
  readonly scratchBytes: number
}

/** Prices of a byte, in FLOP equivalents, rise by powers of 2, in so many steps each. */
const STEPS_OF_PRICE = 4
const LOWEST_PRICE = 2 ** -10
const HIGHEST_PRICE = 74 * STEPS_OF_PRICE
/** Parts into which the bytes between what loops take at one price and the next are divided. */
const PARTS = 64
/** Programs of a list whose costs differ by less than this factor are close enough. */
const CLOSE = 1.004
/** Length of a list: the longer the program, the shorter, and short where loops in loops have other ways each time. */
const LENGTHS = { least: 16, most: 40, instructions: 10_000 }

interface Ends {
  /** With the fewest bytes that a price leads to. */
  readonly last: Choice
  /** With the fewest states of each loop, and no residuals. */
  readonly fewest: Choice
}

interface Others {
  /** What takes the fewest bytes; also not fused, since values inside of a group cannot be kept. */
  readonly narrowest: readonly Choice[]
  /** All, their costs close to one another, the fewest bytes first; none costs less than the cheapest of the ends. */
  readonly all: readonly Choice[]
}

/** A program at different prices of a byte. */
class Prices {
  readonly #program: Program
  readonly #spillBytes: number
  readonly #regions: Regions
  readonly #lowered: Lowering
  readonly #loops = new KeptLoops()
  readonly #ways = new Map<Reversal, Ways>()
  /** With the most bytes and the least cost. */
  readonly first: Choice
  #lazily: Ends | undefined
  #others: Others | undefined

  constructor(program: Program, spillBytes: number, regions: Regions, lowered: Lowering) {
    this.#program = foldViews(joinSlices(mergeLoops(simplify(program))))
    this.#spillBytes = spillBytes
    this.#regions = regions
    this.#lowered = lowered
    this.first = this.#choice(0, fuse(this.#at(0)))
  }

  get #ends(): Ends {
    this.#lazily ??= {
      last: this.#choice(HIGHEST_PRICE, fuse(this.#at(HIGHEST_PRICE))),
      fewest: this.#choice(HIGHEST_PRICE, fuse(this.#fewestStates())),
    }
    return this.#lazily
  }

  /** The cheapest of the ends of the list. */
  get cheapest(): Choice {
    const { last, fewest } = this.#ends
    return [last, fewest].reduce((best, one) => (one.cost < best.cost ? one : best), this.first)
  }

  /** What there is besides the first, for budgets that it does not fit. */
  get others(): Others {
    if (this.#others) return this.#others
    const { last, fewest } = this.#ends
    const least = this.cheapest.cost
    const unfused = [
      [0, this.#at(0)],
      [HIGHEST_PRICE, this.#at(HIGHEST_PRICE)],
      [HIGHEST_PRICE, this.#fewestStates()],
    ] as const
    const plain = unfused
      .filter(([, program]) => program !== fuse(program))
      .map(([level, program]) => this.#choice(level, program))
    const all = [...this.#spread(last), fewest, ...plain]
      .filter(({ cost }) => cost >= least)
      .sort((a, b) => a.bytes - b.bytes || a.cost - b.cost)
    this.#others = { narrowest: [last, fewest, ...plain], all }
    return this.#others
  }

  /** Divides the widest gaps, until all are close or the list is long. */
  #spread(last: Choice): readonly Choice[] {
    const found = [this.first, last]
    const closed = new Set<Choice>()
    const { least, most, instructions } = LENGTHS
    const own = instructions / this.#program.instructions.length
    const length = hasReversalsInside(this.#program) ? least : Math.max(least, Math.min(most, own))
    while (found.length < length) {
      const gaps = found.slice(1).map((high, k) => {
        const low = found[k] as Choice
        return closed.has(low) || low.bytes <= high.bytes ? 0 : high.cost / low.cost
      })
      const widest = Math.max(...gaps)
      if (widest < CLOSE) break
      const at = gaps.indexOf(widest)
      const between = this.#between(found[at] as Choice, found[at + 1] as Choice)
      if (between) found.splice(at + 1, 0, between)
      else closed.add(found[at] as Choice)
    }
    return found
  }

  /** Another program at a level between two. */
  #between(low: Choice, high: Choice): Choice | undefined {
    let [from, to] = [low.level, high.level]
    while (to - from > 1 / PARTS) {
      const step = to - from > 1 ? 1 : 1 / PARTS
      const level = from + Math.max(1, Math.floor((to - from) / step / 2)) * step
      const program = fuse(this.#at(level))
      if (program === low.program) from = level
      else if (program === high.program) to = level
      else return this.#choice(level, program)
    }
    return undefined
  }

  #choice(level: number, program: Program): Choice {
    const { graph } = this.#lowered(program, 'ample')
    const { peakBytes, recordBytes, cost } = plan(graph)
    const scratchBytes = graph.steps.reduce((most, step) => Math.max(most, step.scratchBytes), 0)
    return { level, program, bytes: peakBytes + recordBytes, cost, scratchBytes }
  }

  /** The program at a level: a step of the price, or between two. */
  #at(level: number): Program {
    return this.#loops.of(
      this.#program,
      (reversal, times) => wayAt(this.#waysOf(reversal), level, times).kept,
    )
  }

  /** The program with the fewest states of each loop, and no residuals. */
  #fewestStates(): Program {
    return this.#loops.of(this.#program, ({ length }) => {
      const [fewest] = schedulesOf(length).single
      return fewest && { kind: 'snapshots', every: fewest.every, snapshots: fewest.snapshots }
    })
  }

  #waysOf(reversal: Reversal): Ways {
    const regions = this.#regions
    const enclose = enclosing('ample', regions)
    const ways =
      this.#ways.get(reversal) ??
      waysOf(reversal, {
        enclose: (program, places) => enclose(fuse(program), places),
        spillBytes: this.#spillBytes,
        instructionCosts: program => instructionCosts(program, 'ample', regions),
      })
    this.#ways.set(reversal, ways)
    return ways
  }
}

/** Lists of programs, which serve one budget after another. */
const known = new WeakMap<Regions, WeakMap<Program, Map<number, Prices>>>()

function pricesOf(regions: Regions, program: Program, spillBytes: number, lowered: Lowering): Prices {
  const ofAll = known.get(regions) ?? new WeakMap<Program, Map<number, Prices>>()
  known.set(regions, ofAll)
  const ofProgram = ofAll.get(program) ?? new Map<number, Prices>()
  ofAll.set(program, ofProgram)
  const prices = ofProgram.get(spillBytes) ?? new Prices(program, spillBytes, regions, lowered)
  ofProgram.set(spillBytes, prices)
  return prices
}

/** The way at a level, of a loop that runs so many times; between two prices the best within bytes between theirs. */
function wayAt(ways: Ways, level: number, times: number): Way {
  const within = waysWithin(ways, times)
  const [low, high] = [bestAt(within, Math.floor(level), times), bestAt(within, Math.ceil(level), times)]
  if (low === high) return low
  const most = high.bytes + (low.bytes - high.bytes) * (Math.ceil(level) - level)
  return within.findLast(({ bytes }) => bytes <= most) ?? high
}

function bestAt(ways: readonly Way[], step: number, times: number): Way {
  return cheapestAt(ways, LOWEST_PRICE * 2 ** (step / STEPS_OF_PRICE), times)
}
