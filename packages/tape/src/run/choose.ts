/**
 * Ways to run a program within a budget. What is kept of its loops until they are reversed is chosen for all of them by one
 * price of a byte: the higher, the fewer bytes each loop takes (Everett, Generalized Lagrange multiplier method, Operations
 * Research 11(3), 1963). The planner says whether a program fits; the lowest price at which it does is searched. If it fits at
 * none, the programs inside of instructions are planned for the fewest bytes.
 */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import { BudgetError } from '../errors.js'
import { type Plan, plan } from '../plan/index.js'
import { type Aval, controlOf, formatAval, type Program } from '../program/index.js'
import {
  hasReversals,
  KeptLoops,
  mergeLoops,
  type Reversal,
  simplify,
  spilledBytes,
} from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import { enclosing, instructionCosts, lower } from './lower.js'
import type { Inner, Lowered } from './lowered.js'
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
}

/** What a program may take. */
export interface Budget {
  readonly memoryBytes: number
  /** Bytes of a store for states of loops; 0 if there is none. */
  readonly spillBytes: number
}

type Attempt = Planned | { readonly refused: BudgetError }

/**
 * The cheapest way that was found to run a program within a budget. What loops keep is limited by the size of an arena
 * where there is no budget.
 *
 * @param regions what was planned already for other budgets, with the same inputs pinned.
 * @throws {@link BudgetError} if there is none, with the fewest bytes that would do.
 */
export function planWithin(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions = new Regions(),
): Planned {
  // Several loops share a store.
  for (let { spillBytes } = budget; ; spillBytes /= 2) {
    const found = cheapestWithin(program, pinned, { ...budget, spillBytes }, regions)
    if (found.spilledBytes <= budget.spillBytes || spillBytes < SPILL_BLOCK_BYTES) return found
  }
}

/** As {@link planWithin}, with a store of so many bytes for each loop. */
function cheapestWithin(
  program: Program,
  pinned: readonly boolean[],
  budget: Budget,
  regions: Regions,
): Planned {
  const prices = hasReversals(program) ? new Prices(program, pinned, budget, regions) : undefined
  const ways: Attempt[] = []
  for (const inner of ['ample', 'least'] as const) {
    if (prices) ways.push(...prices.attempts(inner))
    if (inner === 'ample' ? !prices : program.instructions.some(controlOf)) {
      const lowered = regions.lowered(program, inner, () => lower(program, pinned, inner, regions))
      ways.push(planned(program, lowered, budget.memoryBytes))
    }
    const cheapest = cheapestOf(ways)
    if (cheapest) return cheapest
  }
  throw ways
    .flatMap(way => ('refused' in way ? [way.refused] : []))
    .reduce((least, refused) => (refused.leastBytes < least.leastBytes ? refused : least))
}

function cheapestOf(ways: readonly Attempt[]): Planned | undefined {
  return ways
    .filter(way => 'chosen' in way)
    .reduce<Planned | undefined>(
      (best, way) => (best && costOfPlanned(best) <= costOfPlanned(way) ? best : way),
      undefined,
    )
}

/** Cost of a planned program, in FLOP equivalents. */
export const costOfPlanned = ({ chosen }: Planned): number => chosen.cost + chosen.extraCost

/** Prices of a byte, in FLOP equivalents, rise by powers of 2, in so many steps each. */
const STEPS_OF_PRICE = 4
const LOWEST_PRICE = 2 ** -10
const HIGHEST_PRICE = 74 * STEPS_OF_PRICE
/** Parts into which the bytes between what loops take at one price and the next are divided. */
const PARTS = 64
/** Further attempts that the planner may make with values computed again. */
const FURTHER = 2

/** A program at different prices of a byte. */
class Prices {
  readonly #program: Program
  readonly #pinned: readonly boolean[]
  readonly #budgetBytes: number
  readonly #spillBytes: number
  readonly #regions: Regions
  readonly #loops = new KeptLoops()
  readonly #ways = new Map<Reversal, Ways>()
  readonly #lowered = { ample: new Map<Program, Lowered>(), least: new Map<Program, Lowered>() }

  constructor(
    program: Program,
    pinned: readonly boolean[],
    { memoryBytes, spillBytes }: Budget,
    regions: Regions,
  ) {
    this.#program = mergeLoops(simplify(program))
    this.#pinned = pinned
    this.#budgetBytes = Math.min(memoryBytes, ARENA_LIMIT_BYTES)
    this.#spillBytes = spillBytes
    this.#regions = regions
  }

  /**
   * Attempts among which the cheapest that fits is wanted. Where none of those that are always made fits, there are no
   * others, so that the fewest bytes that they name are those from which on something fits.
   */
  attempts(inner: Inner): readonly Attempt[] {
    const attempt = (program: Program) => planned(program, this.#lower(program, inner), this.#budgetBytes)
    const fits = (level: number) => this.#fits(this.#lower(this.#at(level), inner))
    if (fits(0)) return [attempt(this.#at(0))]
    const always = [this.#at(HIGHEST_PRICE), this.#at(0), this.#fewestStates()].map(attempt)
    if (!('chosen' in (always[0] as Attempt))) return always
    const price = lowest(0, HIGHEST_PRICE, 1, fits)
    const level = lowest(price - 1, price, 1 / PARTS, fits)
    const levels = [level]
    for (let next = level - 1 / PARTS; next > price - 1 && levels.length <= FURTHER; next -= 1 / PARTS) {
      if (this.#at(next) !== this.#at(levels.at(-1) as number)) levels.push(next)
    }
    return [...always, ...levels.map(one => attempt(this.#at(one)))]
  }

  /** Whether everything fits with each instruction run once. */
  #fits({ graph }: Lowered): boolean {
    const { peakBytes, recordBytes } = plan(graph)
    return peakBytes + recordBytes <= this.#budgetBytes
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

  #lower(program: Program, inner: Inner): Lowered {
    const known = this.#lowered[inner]
    const lowered = known.get(program) ?? lower(program, this.#pinned, inner, this.#regions)
    known.set(program, lowered)
    return lowered
  }

  #waysOf(reversal: Reversal): Ways {
    const regions = this.#regions
    const ways =
      this.#ways.get(reversal) ??
      waysOf(reversal, {
        enclose: enclosing('ample', regions),
        spillBytes: this.#spillBytes,
        instructionCosts: program => instructionCosts(program, 'ample', regions),
      })
    this.#ways.set(reversal, ways)
    return ways
  }
}

/** The lowest level, in steps from one that fails to one that is taken to fit. */
function lowest(fails: number, fits: number, step: number, fitsAt: (level: number) => boolean): number {
  let [failing, fitting] = [fails, fits]
  while (fitting - failing > step) {
    const level = failing + Math.floor((fitting - failing) / step / 2) * step
    if (fitsAt(level)) fitting = level
    else failing = level
  }
  return fitting
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

function planned(program: Program, lowered: Lowered, budgetBytes: number): Attempt {
  try {
    const chosen = plan(lowered.graph, { budgetBytes })
    return { program, lowered, chosen, spilledBytes: spilledBytes(program) }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    return { refused: tooTight(program, lowered, error) }
  }
}

/** What the planner says of steps, said of instructions. */
function tooTight(program: Program, { instructionOf }: Lowered, cause: BudgetError): BudgetError {
  const { budgetBytes, leastBytes } = cause
  const step = cause.data.step
  const instruction =
    typeof step === 'number' ? program.instructions[instructionOf[step] as number] : undefined
  return new BudgetError({
    summary: `No plan fits ${budgetBytes} bytes.`,
    expected: `a budget of at least ${leastBytes} bytes`,
    at: instruction && describe(program, instruction),
    fix: `give at least ${leastBytes} bytes, or use smaller batches or layers`,
    budgetBytes,
    leastBytes,
    cause,
  })
}

/** An instruction of a program as it is written in messages. */
export function describe(
  program: Program,
  { op, inputs, outputs, at }: Program['instructions'][number],
): string {
  const written = (values: readonly number[]) =>
    values.map(value => `%${value} ${formatAval(program.avals[value] as Aval)}`).join(', ')
  return `${written(outputs)} = ${op} ${written(inputs)}${at === undefined ? '' : `, recorded at ${at}`}`
}
