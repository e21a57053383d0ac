/**
 * Reversal of a loop with two levels of memory: states at every so many steps in a store that is slow and large, and between
 * them Revolve with few snapshots in memory.
 *
 * That all states in the store are written on the way forward, and that memory serves one stretch between them after another,
 * is no loss (Aupy, Herrmann, Hovland & Robert, "Optimal multistage algorithm for adjoint computation", SIAM J. Sci. Comput.
 * 38(3), 2016). That the stretches are as long as one another is none in the limit of many steps (Aupy & Herrmann,
 * "Periodicity in optimal hierarchical checkpointing schemes for adjoint computations", Optim. Methods Softw. 32(3), 2017).
 * Known limit: the last stretch is run forward again, although the loop has just come through it.
 */
import { advancedSteps, beginnings, mostSteps } from '@wengert/kernels'

/** Costs of a loop, in whatever unit. */
export interface LoopCosts {
  /** Of a step forward. */
  readonly step: number
  /** Of a state that goes to the store. */
  readonly write: number
  /** Of a state that comes back. */
  readonly read: number
}

/** States at every so many steps in the store, and so many in memory while the steps between those are reversed. */
export interface TwoLevel {
  readonly steps: number
  readonly every: number
  readonly snapshots: number
  /** Whether the state at the beginning of a stretch is one of those in memory, or is read again whenever it is needed. */
  readonly held: boolean
}

/**
 * Cost of the steps forward, of the loop itself and again, and of the store.
 *
 * @example
 * twoLevelCost({ steps: 10, every: 5, snapshots: 0, held: false }, { step: 1, write: 3, read: 2 }) // → 56
 * twoLevelCost({ steps: 10, every: 5, snapshots: 1, held: true }, { step: 1, write: 3, read: 2 }) // → 40
 */
export function twoLevelCost(schedule: TwoLevel, { step, write, read }: LoopCosts): number {
  const { steps, every } = schedule
  const { advanced, begun } = reversalOf({ ...schedule, size: 1 })
  return (steps + advanced) * step + Math.ceil(steps / every) * write + begun * read
}

/**
 * How many steps are run forward again without residuals, and how often the state at a beginning is brought, for groups of
 * `size` steps.
 *
 * @example
 * reversalOf({ steps: 10, every: 5, size: 1, snapshots: 0, held: false }) // → { advanced: 20, begun: 10 }
 */
export function reversalOf(schedule: TwoLevel & { readonly size: number }) {
  const { steps, every, size, snapshots, held } = schedule
  const begun = (length: number) =>
    held ? Math.min(length, 1) : beginnings(Math.ceil(length / size), snapshots)
  return {
    advanced: advancedSteps({ steps, every, size, snapshots: held ? snapshots - 1 : snapshots }),
    begun: Math.floor(steps / every) * begun(every) + begun(steps % every),
  }
}

/**
 * The stretches that cost least with so many states in memory.
 *
 * @param most states in the store; 1 or more.
 * @example
 * cheapestTwoLevel(1000, 3, { step: 1, write: 4, read: 4 }) // → { steps: 1000, every: 10, snapshots: 3, held: true }
 */
export function cheapestTwoLevel(
  steps: number,
  snapshots: number,
  costs: LoopCosts,
  most = Number.POSITIVE_INFINITY,
): TwoLevel {
  let best: TwoLevel = { steps, every: Math.max(1, steps), snapshots, held: false }
  let least = Number.POSITIVE_INFINITY
  for (const held of snapshots > 0 ? [true, false] : [false]) {
    for (const every of stretches(steps, held ? snapshots : snapshots + 1)) {
      const found = { steps, every, snapshots, held }
      const cost = every * most < steps ? Number.POSITIVE_INFINITY : twoLevelCost(found, costs)
      if (cost < least) [best, least] = [found, cost]
    }
  }
  return best
}

/** No step is run forward more often than this, however few the snapshots. */
export const MOST_REPETITIONS = 64

/**
 * Equal stretches, of each length that there is; and the lengths β(s, r) where Revolve begins to run a step once more,
 * between which the cost of a step, (c + t(n, s))/n, is monotone.
 */
function stretches(steps: number, snapshots: number): ReadonlySet<number> {
  const found = new Set<number>()
  for (let k = 1; k * k <= steps; k++) found.add(k).add(Math.ceil(steps / k))
  for (let r = 1; r <= MOST_REPETITIONS && mostSteps(snapshots, r) < steps; r++) {
    found.add(mostSteps(snapshots, r))
  }
  return found
}
