/**
 * Plans a graph within a number of bytes: schedules under limits on live bytes ({@link schedule}), made shorter
 * ({@link trim}), placed in an arena ({@link place}); the cheapest whose peak fits the budget wins.
 *
 * The problem is NP-hard (Naumann 2009, DAG reversal) even without placement. What is promised: a plan is sound, its peak is within
 * the budget, planning succeeds for every budget from {@link leastBytes} on, and extra cost never grows with the
 * budget unless a search is asked for (of graphs of more than 800 steps as far as lower limits on live bytes do not cost less: see
 * {@link Portfolio}). What is not: that the extra cost or the least bytes are the least possible.
 */
import { BudgetError } from '../errors.js'
import { checkAmount, checkOptions } from '../options.js'
import type { Attempt } from './attempt.js'
import { leastBytesInAnyOrder } from './bound.js'
import type { Action, Graph, Plan } from './graph.js'
import { Portfolio } from './portfolio.js'

/** What a plan may need. */
export interface PlanOptions {
  /** Bytes of arena and records of runs. Default: as many as it takes to run every step once. */
  readonly budgetBytes?: number | undefined
  /**
   * Milliseconds to search at just this budget, from the call on. They say when improving ends, not when the plan is there:
   * under the budget, and under lower limits until something fits, at least one schedule is tried to its end, however
   * late it is. Where none of them fits, as near the least bytes, all that is done without a deadline follows, which
   * takes as long as without; and a refusal takes what it takes to find the fewest bytes. Nothing is searched where every
   * step can run once.
   *
   * With more milliseconds plans are better, but what is found depends on how fast the host is, and with few of them it
   * may cost more than without. Default: a fixed number of attempts, so that equal graphs have equal plans.
   */
  readonly searchMs?: number | undefined
  /**
   * Storages and steps to look at in a search at just this budget, beyond what is always done; about 30 million take a second.
   * It is counted, not timed, so equal graphs have equal plans; but a search with fewer bytes may find more, and then more bytes
   * cost more. Not beside {@link PlanOptions.searchMs}. Default 0.
   */
  readonly searchWork?: number | undefined
}

/** What a plan may need, and cost. */
export interface PlanIfAnyOptions extends PlanOptions {
  /** A plan with this cost or more is of no use, and need not be found. Default: any plan is. */
  readonly belowCost?: number | undefined
}

const PLAN_OPTIONS = ['budgetBytes', 'searchMs', 'searchWork']

/**
 * A way to run a graph so that its arena never exceeds `budgetBytes`, with as little run again as was found.
 * Without a budget everything is kept until its last use, and packed.
 *
 * @param graph must not change afterwards: what was found out about it is reused for other budgets
 * @throws BudgetError when no plan was found that fits; it names the fewest bytes that do
 * @throws PlanError when the graph is malformed
 * @throws OptionError for options that there are not
 *
 * @example
 * const step = from => ({ inputs: [from], outputs: [from + 1], scratchBytes: 0, cost: 1 })
 * const graph = {
 *   bytes: [16, 16, 16, 16],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [step(0), step(1), step(2)],
 *   outputs: [3],
 * }
 * plan(graph).peakBytes // → 48
 * plan(graph, { budgetBytes: 48 }).extraCost // → 0
 */
export function plan(graph: Graph, options: PlanOptions = {}): Plan {
  const { budgetBytes, searchMs, searchWork } = checkOptions('plan', options, PLAN_OPTIONS)
  checkAmount('plan', 'budgetBytes', budgetBytes)
  checkAmount('plan', 'searchMs', searchMs)
  checkAmount('plan', 'searchWork', searchWork)
  const found = planIfAny(graph, options)
  if (found === undefined) throw refusalOf(graph, budgetBytes ?? Infinity)
  return found
}

/**
 * As {@link plan}; undefined where no plan was found that fits, which is known long before how many bytes would do.
 *
 * @throws PlanError when the graph is malformed
 *
 * @example
 * const graph = {
 *   bytes: [16, 32],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1 }],
 *   outputs: [1],
 * }
 * planIfAny(graph, { budgetBytes: 32 }) // → undefined
 */
export function planIfAny(graph: Graph, options: PlanIfAnyOptions): Plan | undefined {
  const { budgetBytes = Infinity, searchMs, searchWork = 0, belowCost } = options
  const started = performance.now()
  const portfolio = portfolioOf(graph)
  if (budgetBytes < portfolio.sets.largestBytes) return undefined
  const attempt =
    searchMs === undefined
      ? portfolio.bestWith(budgetBytes, searchWork, belowCost)
      : portfolio.bestBy(budgetBytes, started + searchMs)
  // sums may round
  return (
    attempt && planOf(portfolio, attempt, Math.min(attempt.extraCost, portfolio.leastExtraCost(budgetBytes)))
  )
}

/**
 * Bytes below which {@link plan} finds nothing, as far as that is known without a search: {@link leastBytes} is not less.
 *
 * @throws PlanError when the graph is malformed
 *
 * @example
 * const graph = {
 *   bytes: [16, 32],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1, recordBytes: 16 }],
 *   outputs: [1],
 * }
 * atLeastBytes(graph) // → 64
 */
export function atLeastBytes(graph: Graph): number {
  return portfolioOf(graph).atLeastBytes
}

/**
 * What {@link plan} throws where it finds nothing within so many bytes: the fewest bytes that will do, and where it is stuck.
 *
 * @throws PlanError when the graph is malformed
 *
 * @example
 * const graph = {
 *   bytes: [16, 32],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1 }],
 *   outputs: [1],
 * }
 * refusalOf(graph, 32).leastBytes // → 48
 */
export function refusalOf(graph: Graph, budgetBytes: number): BudgetError {
  const portfolio = portfolioOf(graph)
  const least = portfolio.leastBytes
  const step = portfolio.stuckAt(budgetBytes)
  return new BudgetError({
    summary: `plan: no plan within ${budgetBytes} bytes was found.`,
    expected: `a budget of at least ${least} bytes`,
    at: step < 0 ? 'the inputs or outputs' : `step ${step}`,
    fix: `give it ${least} bytes`,
    budgetBytes,
    leastBytes: least,
    data: { step, largestWorkingSetBytes: portfolio.sets.largestBytes },
  })
}

/**
 * The fewest bytes within which {@link plan} finds a plan: it succeeds with exactly these and with any more. Of graphs of more than 800
 * steps they are found by bisection, and somewhat fewer may do as well.
 *
 * @throws PlanError when the graph is malformed
 *
 * @example
 * const graph = {
 *   bytes: [16, 32],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [{ inputs: [0], outputs: [1], scratchBytes: 16, cost: 1 }],
 *   outputs: [1],
 * }
 * leastBytes(graph) // → 64
 */
export function leastBytes(graph: Graph): number {
  return portfolioOf(graph).leastBytes
}

/**
 * Bytes that some step needs at once, with what must be resident beside it: no plan that runs the steps in the
 * graph's order has a lower peak.
 *
 * @throws PlanError when the graph is malformed
 *
 * @example
 * const graph = {
 *   bytes: [16, 32],
 *   inputs: [{ storage: 0, pinned: true }],
 *   steps: [{ inputs: [0], outputs: [1], scratchBytes: 0, cost: 1 }],
 *   outputs: [1],
 * }
 * largestWorkingSetBytes(graph) // → 48
 */
export function largestWorkingSetBytes(graph: Graph): number {
  return portfolioOf(graph).sets.largestBytes
}

/**
 * Bytes that every plan needs, whatever the order in which it runs the steps.
 *
 * @throws PlanError when the graph is malformed
 *
 * @example
 * const graph = {
 *   bytes: [16, 64, 32, 16],
 *   inputs: [{ storage: 0, pinned: false }, { storage: 1, pinned: false }],
 *   steps: [
 *     { inputs: [0], outputs: [2], scratchBytes: 48, cost: 1 },
 *     { inputs: [1], outputs: [3], scratchBytes: 0, cost: 1 },
 *   ],
 *   outputs: [],
 * }
 * lowerBoundBytes(graph) // → 96
 * largestWorkingSetBytes(graph) // → 160
 */
export function lowerBoundBytes(graph: Graph): number {
  return leastBytesInAnyOrder(portfolioOf(graph).index)
}

// graphs are plain data and do not change, so an entry never goes stale and dies with its graph
const portfolios = new WeakMap<Graph, Portfolio>()

function portfolioOf(graph: Graph): Portfolio {
  let portfolio = portfolios.get(graph)
  if (portfolio === undefined) {
    portfolio = new Portfolio(graph)
    portfolios.set(graph, portfolio)
  }
  return portfolio
}

function planOf(
  { index }: Portfolio,
  { residency, placement, extraCost, recordBytes }: Attempt,
  leastExtraCost: number,
): Plan {
  const { runs, periods } = residency
  const { graph, results } = index
  const { storage, start, end, count } = periods
  const lastMoment = runs.length + 1
  const inputCount = graph.inputs.length
  const { moves = [], movedBytes = 0 } = placement
  const dropsAfter: number[][] = Array.from({ length: lastMoment }, () => [])
  for (let k = 0; k < count; k++) {
    if (storage[k]! >= 0 && end[k]! < lastMoment) dropsAfter[end[k]!]!.push(storage[k]!)
  }
  const actions: Action[] = []
  const drop = (moment: number) => {
    for (const each of dropsAfter[moment]!) actions.push({ kind: 'drop', storage: each })
  }
  drop(0)
  let next = inputCount
  let moved = 0
  runs.forEach((step, p) => {
    for (; moves[moved]?.moment === p + 1; moved++) {
      const { storage, offset } = moves[moved]!
      actions.push({ kind: 'move', storage, offset })
    }
    const offsets: number[] = []
    for (let e = results.starts[step]!; e < results.starts[step + 1]!; e++)
      offsets.push(placement.offsets[next++]!)
    const scratch = next < count && storage[next] === -1 - p && start[next] === p + 1
    actions.push({ kind: 'run', step, offsets, scratchOffset: scratch ? placement.offsets[next++]! : -1 })
    drop(p + 1)
  })
  return {
    inputOffsets: Array.from(placement.offsets.subarray(0, inputCount)),
    actions,
    peakBytes: placement.peakBytes,
    recordBytes,
    cost: index.totalCost,
    extraCost,
    movedBytes,
    leastExtraCost,
  }
}
