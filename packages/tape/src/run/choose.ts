/**
 * Ways to run a program within a budget, the fastest first: as it is; with loops that are reversed from snapshots of their
 * states, as many as fit, in memory alone or in a store as well; with the programs inside of instructions planned for the fewest bytes, without snapshots and with
 * them. The planner plans each, and the cheapest that fits is taken.
 */
import { forwardSteps, mostSteps } from '@wengert/kernels'
import { BudgetError } from '../errors.js'
import { type Plan, plan } from '../plan/index.js'
import { type Aval, controlOf, formatAval, type Program } from '../program/index.js'
import {
  hasReversals,
  type Loop,
  type Snapshots,
  type WithSnapshots,
  withSnapshots,
} from '../rewrite/index.js'
import { lower } from './lower.js'
import type { Inner, Lowered } from './lowered.js'
import { Regions } from './region.js'
import { spilling } from './spilling.js'

/** A program, as it is or rewritten, with its plan. */
export interface Planned {
  readonly program: Program
  readonly lowered: Lowered
  readonly chosen: Plan
  /** Bytes of a store that it takes. */
  readonly spilledBytes: number
}

/** What a program may take. */
export interface Budget {
  readonly memoryBytes: number
  /** Bytes of a store for the states of loops; 0 if there is none. */
  readonly spillBytes: number
}

type Attempt = Planned | { readonly refused: BudgetError }

/**
 * The cheapest way that was found to run a program within a budget.
 *
 * @throws {@link BudgetError} if there is none, with the fewest bytes that would do.
 */
export function planWithin(
  program: Program,
  pinned: readonly boolean[],
  { memoryBytes, spillBytes }: Budget,
): Planned {
  const regions = new Regions()
  const whole: WithSnapshots = { program, spilledBytes: 0 }
  const attempt = ({ program, spilledBytes }: WithSnapshots, inner: Inner) =>
    planned({ program, lowered: lower(program, pinned, inner, regions), spilledBytes }, memoryBytes)
  const plain = attempt(whole, 'ample')
  if ('chosen' in plain && plain.chosen.extraCost === 0) return plain
  const loops = hasReversals(program)
  const ways: Attempt[] = [plain]
  for (const inner of ['ample', 'least'] as const) {
    if (loops) {
      ways.push(
        search(share =>
          attempt(
            withSnapshots(program, loop => choiceAt(loop, share)),
            inner,
          ),
        ),
      )
      const costOfStep = (step: Program) => costOfSteps(lower(step, [], inner, regions))
      if (spillBytes > 0)
        ways.push(search(share => attempt(spilling(program, share, spillBytes, costOfStep), inner)))
    }
    if (inner === 'least' && program.instructions.some(controlOf)) ways.push(attempt(whole, inner))
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

const costOfSteps = ({ graph }: Lowered): number => graph.steps.reduce((sum, { cost }) => sum + cost, 0)

const costOf = ({ chosen }: Planned): number => chosen.cost + chosen.extraCost

/** How finely the number of snapshots is searched, between the fewest and one for every step. */
const FINENESS = 64

/** As many snapshots as fit: all reversals get more together, on a geometric scale from the fewest, 0, to all, 1. */
function search(at: (share: number) => Attempt): Attempt {
  let best = at(0)
  if ('refused' in best) return best
  let [fits, fails] = [0, FINENESS]
  while (fails - fits > 1) {
    const level = Math.floor((fits + fails) / 2)
    const way = at(level / FINENESS)
    if ('chosen' in way) {
      fits = level
      best = cheapestOf([best, way]) as Planned
    } else {
      fails = level
    }
  }
  return best
}

/** No step is run forward more often than this, however few the snapshots. */
const MOST_REPETITIONS = 64

/** Between the fewest states, at a share of 0, and those before all steps, at 1. */
function choiceAt({ length }: Loop, share: number): Snapshots | undefined {
  if (length <= 1) return undefined
  let fewest = 0
  while (mostSteps(fewest + 1, MOST_REPETITIONS) < length) fewest++
  const slots = Math.round((fewest + 1) ** (1 - share) * length ** share) - 1
  return slots >= length - 1 ? undefined : snapshotsIn(length, Math.max(fewest, slots))
}

/** The choice with the fewest steps forward among those that keep so many states. */
export function snapshotsIn(length: number, slots: number): Snapshots {
  let best: Snapshots = { every: Math.max(1, length), snapshots: slots }
  let fewest = forwardSteps(length, slots + 1)
  // Kept states are paid for from the loop to its pullback; further ones only while it runs.
  for (let kept = 2; kept <= slots; kept = Math.max(kept + 1, Math.floor(kept * 1.05))) {
    const every = Math.ceil(length / kept)
    const used = Math.ceil(length / every)
    const snapshots = Math.min(slots - used, every)
    const steps =
      Math.floor(length / every) * forwardSteps(every, snapshots + 1) +
      forwardSteps(length % every, snapshots + 1)
    if (steps < fewest) {
      fewest = steps
      best = { every, snapshots }
    }
  }
  return best
}

function planned(way: Omit<Planned, 'chosen'>, budgetBytes: number): Attempt {
  try {
    return { ...way, chosen: plan(way.lowered.graph, { budgetBytes }) }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    return { refused: tooTight(way.program, way.lowered, error) }
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
