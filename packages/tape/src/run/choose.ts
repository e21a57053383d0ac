/**
 * Ways to run a program within a budget. What is kept of its loops until they are reversed is chosen for all of them by one
 * price of a byte: the higher, the fewer bytes each loop takes (Everett, Generalized Lagrange multiplier method, Operations
 * Research 11(3), 1963). The planner says whether a program fits; the lowest price at which it does is searched. If it fits at
 * none, the programs inside of instructions are planned for the fewest bytes.
 */
import { BudgetError } from '../errors.js'
import { type Plan, plan } from '../plan/index.js'
import { type Aval, controlOf, formatAval, type Program } from '../program/index.js'
import { hasReversals, type Kept, type Reversal, simplify, withKept } from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES } from './arena.js'
import { enclosing, instructionCosts, lower } from './lower.js'
import type { Inner, Lowered } from './lowered.js'
import { Regions } from './region.js'
import { type Way, waysOf } from './ways.js'

/** A program, as it is or rewritten, with its plan. */
export interface Planned {
  readonly program: Program
  readonly lowered: Lowered
  readonly chosen: Plan
}

type Attempt = Planned | { readonly refused: BudgetError }

/**
 * The cheapest way that was found to run a program within a budget. What loops keep is limited by the size of an arena
 * where there is no budget.
 *
 * @throws {@link BudgetError} if there is none, with the fewest bytes that would do.
 */
export function planWithin(program: Program, pinned: readonly boolean[], budgetBytes: number): Planned {
  const regions = new Regions()
  const loops = hasReversals(program)
  const ways: Attempt[] = []
  for (const inner of ['ample', 'least'] as const) {
    if (loops) ways.push(...new Prices(simplify(program), pinned, budgetBytes, inner, regions).attempts())
    if (!loops || inner === 'least') {
      if (inner === 'ample' || program.instructions.some(controlOf)) {
        ways.push(planned(program, lower(program, pinned, inner, regions), budgetBytes))
      }
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
    .reduce<Planned | undefined>((best, way) => (best && costOf(best) <= costOf(way) ? best : way), undefined)
}

const costOf = ({ chosen }: Planned): number => chosen.cost + chosen.extraCost

/**
 * Prices of a byte are powers of 2 in FLOP equivalents, in steps of a quarter. The lowest, 1, is what it takes to bring
 * memory in, and holds also where memory is ample.
 */
const STEPS_OF_PRICE = 4
const HIGHEST_PRICE = 64 * STEPS_OF_PRICE
/** Lower prices than the lowest that fits that the planner may try with values computed again. */
const FURTHER_PRICES = 2

/** A program at different prices of a byte. */
class Prices {
  readonly #program: Program
  readonly #pinned: readonly boolean[]
  readonly #budgetBytes: number
  readonly #inner: Inner
  readonly #regions: Regions
  readonly #ways = new Map<string, readonly Way[]>()
  readonly #candidates = new Map<string, Lowered & { readonly program: Program }>()

  constructor(
    program: Program,
    pinned: readonly boolean[],
    budgetBytes: number,
    inner: Inner,
    regions: Regions,
  ) {
    this.#program = program
    this.#pinned = pinned
    this.#budgetBytes = Math.min(budgetBytes, ARENA_LIMIT_BYTES)
    this.#inner = inner
    this.#regions = regions
  }

  /** Attempts among which the cheapest that fits is wanted. */
  attempts(): readonly Attempt[] {
    let [fails, fits] = [-1, HIGHEST_PRICE]
    if (this.#fits(0)) return [this.#attempt(0)]
    while (fits - fails > 1) {
      const price = Math.floor((fits + fails) / 2)
      if (this.#fits(price)) fits = price
      else fails = price
    }
    const attempts = [this.#attempt(fits)]
    for (let price = fits - 1; price >= 0 && attempts.length <= FURTHER_PRICES; price--) {
      if (this.#at(price) !== this.#at(price + 1)) attempts.push(this.#attempt(price))
    }
    return attempts
  }

  /** Whether everything fits with each instruction run once. */
  #fits(price: number): boolean {
    const { peakBytes, recordBytes } = plan(this.#at(price).graph)
    return peakBytes + recordBytes <= this.#budgetBytes
  }

  #attempt(price: number): Attempt {
    const { program, ...lowered } = this.#at(price)
    return planned(program, lowered, this.#budgetBytes)
  }

  #at(step: number): Lowered & { readonly program: Program } {
    const price = 2 ** (step / STEPS_OF_PRICE)
    const choices: (Kept | undefined)[] = []
    const program = withKept(this.#program, (reversal, times) => {
      const { kept } = wayAt(this.#waysOf(reversal), price / times)
      choices.push(kept)
      return kept
    })
    const key = JSON.stringify(choices)
    const known = this.#candidates.get(key)
    if (known) return known
    const candidate = { program, ...lower(program, this.#pinned, this.#inner, this.#regions) }
    this.#candidates.set(key, candidate)
    return candidate
  }

  #waysOf(reversal: Reversal): readonly Way[] {
    const key = JSON.stringify(reversal)
    const known = this.#ways.get(key)
    if (known) return known
    const [inner, regions] = [this.#inner, this.#regions]
    const ways = waysOf(reversal, {
      enclose: enclosing(inner, regions),
      instructionCosts: program => instructionCosts(program, inner, regions),
    })
    this.#ways.set(key, ways)
    return ways
  }
}

/**
 * The way that is best at a price. Large ones pay up to twice as much a byte as small ones, so that no way on a straight
 * line between two others is passed over.
 */
function wayAt(ways: readonly Way[], price: number): Way {
  const most = ways.at(-1)?.bytes as number
  const objective = ({ bytes, cost }: Way) => cost + price * bytes * (1 + bytes / most)
  return ways.reduce((best, way) => (objective(way) < objective(best) ? way : best))
}

function planned(program: Program, lowered: Lowered, budgetBytes: number): Attempt {
  try {
    return { program, lowered, chosen: plan(lowered.graph, { budgetBytes }) }
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

function describe(program: Program, { op, inputs, outputs }: Program['instructions'][number]): string {
  const written = (values: readonly number[]) =>
    values.map(value => `%${value} ${formatAval(program.avals[value] as Aval)}`).join(', ')
  return `${written(outputs)} = ${op} ${written(inputs)}`
}
