/** A program with its loops kept at one price of a byte after another: a list from many bytes and little cost to few bytes. */
import { plan } from '../plan/index.js'
import { type Program, unique } from '../program/index.js'
import {
  foldViews,
  fuse,
  fuseWithoutCopies,
  hasReversalsInside,
  joinSlices,
  KeptLoops,
  mergeLoops,
  placeRecords,
  type Reversal,
  simplify,
} from '../rewrite/index.js'
import { enclosing, instructionCosts } from './lower.js'
import type { Inner, Lowered } from './lowered.js'
import type { Regions } from './region.js'
import { schedulesOf } from './schedules.js'
import { cheapestAt, keyOfReversal, Reversing, type Way, type Ways, waysWithin } from './ways.js'

/** Lowers a program, or finds what was lowered before. */
export type Lowering = (program: Program, inner: Inner) => Lowered

/** A program of a list, with the programs inside of its instructions at their fastest and each instruction run once. */
export interface Choice {
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

/** A program at different prices of a byte. */
export class Prices {
  readonly #source: Source
  readonly #spillBytes: number
  readonly #lowered: Lowering
  readonly #ways = new Map<Reversal, Ways>()
  /** With the most bytes and the least cost. */
  readonly first: Choice
  #lazily: Ends | undefined
  #plain: readonly Choice[] | undefined
  #all: readonly Choice[] | undefined

  constructor(source: Source, spillBytes: number, lowered: Lowering) {
    this.#source = source
    this.#spillBytes = spillBytes
    this.#lowered = lowered
    const first = this.#at(0)
    const ways = [...new Set([fuse(first), fuseWithoutCopies(first)])].map(way =>
      this.#choice(0, unique(placeRecords(way))),
    )
    this.first = ways.reduce((best, way) => (way.cost < best.cost ? way : best))
  }

  get #ends(): Ends {
    this.#lazily ??= {
      last: this.#choice(HIGHEST_PRICE, finished(this.#at(HIGHEST_PRICE))),
      fewest: this.#choice(HIGHEST_PRICE, finished(this.#fewestStates())),
    }
    return this.#lazily
  }

  /** The cheapest of the ends of the list. */
  get cheapest(): Choice {
    const { last, fewest } = this.#ends
    return [last, fewest].reduce((best, one) => (one.cost < best.cost ? one : best), this.first)
  }

  /** What takes the fewest bytes; also not fused, since values inside of a group cannot be kept. */
  get narrowest(): readonly Choice[] {
    const { last, fewest } = this.#ends
    this.#plain ??= [
      [0, this.#at(0)] as const,
      [HIGHEST_PRICE, this.#at(HIGHEST_PRICE)] as const,
      [HIGHEST_PRICE, this.#fewestStates()] as const,
    ].flatMap(([level, program]) => {
      const ways = new Set([fuseWithoutCopies(program), program])
      ways.delete(fuse(program))
      return [...ways].map(way => this.#choice(level, unique(placeRecords(way))))
    })
    return [last, fewest, ...this.#plain]
  }

  /** All besides the first, their costs close to one another, the fewest bytes first; none costs less than the cheapest of the ends. */
  get all(): readonly Choice[] {
    const [last, ...narrow] = this.narrowest as readonly [Choice]
    const least = this.cheapest.cost
    this.#all ??= [...this.#spread(last), ...narrow]
      .filter(({ cost }) => cost >= least)
      .sort((a, b) => a.bytes - b.bytes || a.cost - b.cost)
    return this.#all
  }

  /** Divides the widest gaps, until all are close or the list is long. */
  #spread(last: Choice): readonly Choice[] {
    const found = [this.first, last]
    const closed = new Set<Choice>()
    const { least, most, instructions } = LENGTHS
    const { program } = this.#source
    const own = instructions / program.instructions.length
    const length = hasReversalsInside(program) ? least : Math.max(least, Math.min(most, own))
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
      const program = finished(this.#at(level))
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
    const { loops, program } = this.#source
    return loops.of(program, (reversal, times) => wayAt(this.#waysOf(reversal), level, times).kept)
  }

  /** The program with the fewest states of each loop, and no residuals. */
  #fewestStates(): Program {
    const { loops, program } = this.#source
    return loops.of(program, ({ length }) => {
      const [fewest] = schedulesOf(length).single
      return fewest && { kind: 'snapshots', every: fewest.every, snapshots: fewest.snapshots }
    })
  }

  #waysOf(reversal: Reversal): Ways {
    const ways = this.#ways.get(reversal) ?? this.#source.reversing(reversal).ways(this.#spillBytes)
    this.#ways.set(reversal, ways)
    return ways
  }
}

/** The program as it is run. */
const finished = (program: Program): Program => unique(placeRecords(fuse(program)))

/** What lists of one program have in common, whatever the store. */
interface Source {
  readonly program: Program
  readonly loops: KeptLoops
  reversing(reversal: Reversal): Reversing
  readonly lists: Map<number, Prices>
}

/** Lists of programs, which serve one budget after another, and what they have in common. */
class Known {
  readonly #regions: Regions
  readonly #sources = new WeakMap<Program, Source>()
  /** Ways to reverse loops, by what tells those apart: most are the same in one program and the next. */
  readonly #reversings = new Map<string, Reversing>()

  constructor(regions: Regions) {
    this.#regions = regions
  }

  source(program: Program): Source {
    const source = this.#sources.get(program) ?? {
      program: foldViews(joinSlices(mergeLoops(simplify(program)))),
      loops: new KeptLoops(),
      reversing: reversal => this.#reversing(reversal),
      lists: new Map(),
    }
    this.#sources.set(program, source)
    return source
  }

  #reversing(reversal: Reversal): Reversing {
    const regions = this.#regions
    const enclose = enclosing('ample', regions)
    const key = keyOfReversal(reversal)
    const reversing =
      this.#reversings.get(key) ??
      new Reversing(reversal, {
        enclose: (program, places) => enclose(fuse(program), places),
        instructionCosts: program => instructionCosts(program, 'ample', regions),
      })
    this.#reversings.set(key, reversing)
    return reversing
  }
}

const known = new WeakMap<Regions, Known>()

/** The list of a program. */
export function pricesOf(regions: Regions, program: Program, spillBytes: number, lowered: Lowering): Prices {
  const all = known.get(regions) ?? new Known(regions)
  known.set(regions, all)
  const source = all.source(program)
  const prices = source.lists.get(spillBytes) ?? new Prices(source, spillBytes, lowered)
  source.lists.set(spillBytes, prices)
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
