import { setImmediate } from 'node:timers/promises'
import { BudgetError, type Graph, plan, simulate } from '@wengert/tape'
import loadHighs, { type Highs } from 'highs'
import { type CaseName, caseNames, caseOf } from './cases.js'
import { dtr } from './dtr.js'
import { MOST_STEPS, type Optimum, optimum } from './milp.js'
import { endsOf, type Move, movesOf, type Replayed, replay } from './replay.js'
import { segmentSchedules } from './segments.js'
import type { TrainingStep } from './training-step.js'

/** Who made a schedule: this engine, √n segments, dynamic tensor rematerialisation, or the integer program. */
export type PlannerName = 'wengert' | 'sqrt-n' | 'dtr' | 'milp'

/** One planner on one training step within one budget. */
export interface PlanRow {
  readonly case: CaseName
  readonly planner: PlannerName
  /** Where the budget lies between the largest working set (0) and the peak of storing everything (1). */
  readonly fraction: number
  readonly budgetBytes: number
  readonly feasible: boolean
  /** Peak by live bytes; of this engine, highest byte of the arena. */
  readonly peakBytes: number | null
  /** Cost of what ran again in percent of the cost of everything once. */
  readonly extraCostPercent: number | null
  readonly planMs: number
  /** How much longer than the bound the whole takes, in percent; null where no bound is known. */
  readonly gapPercent: number | null
  /**
   * The extra cost below which no schedule of the integer program's kind is, as it found at this budget or at a larger one;
   * null where it was not solved. Others may be cheaper.
   */
  readonly boundPercent: number | null
}

/** What to plan. */
export interface PlanOptions {
  /** Default: all. */
  readonly cases?: readonly CaseName[] | undefined
  /** Default: 0.75, 0.5, 0.25, 0.1, 0.03 and 0. */
  readonly fractions?: readonly number[] | undefined
  /** Time limit of the integer program at one point. Default 10. */
  readonly seconds?: number | undefined
  /** FLOP that take as long as moving a byte. Default 0: costs are FLOP alone. */
  readonly flopsPerByte?: number | undefined
  readonly signal?: AbortSignal
  onCase?(name: string): void
}

/** Budgets W + f·(P − W), with W the largest working set and P the peak of storing everything. */
const FRACTIONS: readonly number[] = [0.75, 0.5, 0.25, 0.1, 0.03, 0]

const SECONDS = 10

/** Extra cost and planning time of this planner and of baselines, each schedule replayed by an independent machine. */
export async function planSuite(options: PlanOptions = {}): Promise<readonly PlanRow[]> {
  const {
    cases = caseNames,
    fractions = FRACTIONS,
    seconds = SECONDS,
    flopsPerByte,
    signal,
    onCase,
  } = options
  const highs = await loadHighs()
  const rows: PlanRow[] = []
  for (const name of cases) {
    onCase?.(name)
    const training = caseOf(name, flopsPerByte)
    const { largestWorkingSetBytes: least, storeEverythingBytes: most } = endsOf(training.graph)
    const points: Point[] = []
    for (const fraction of fractions) {
      await setImmediate()
      signal?.throwIfAborted()
      const budgetBytes = Math.ceil((least + fraction * (most - least)) / 16) * 16
      points.push({ case: name, fraction, budgetBytes, ...planPoint(training, budgetBytes, highs, seconds) })
    }
    rows.push(...points.flatMap(point => rowsOf(training.graph, point, boundAt(points, point.budgetBytes))))
  }
  return rows
}

/** What all planners found at one budget. */
interface Point {
  readonly case: CaseName
  readonly fraction: number
  readonly budgetBytes: number
  readonly tries: readonly Try[]
  /** The extra cost below which the integer program found that no schedule is, where it was solved. */
  readonly boundCost: number | undefined
}

/** The best bound at a budget: what bounds plans within more bytes bounds those within fewer, too. */
function boundAt(points: readonly Point[], budgetBytes: number): number | undefined {
  const known = points.flatMap(point =>
    point.boundCost !== undefined && point.budgetBytes >= budgetBytes ? [point.boundCost] : [],
  )
  return known.length === 0 ? undefined : Math.max(...known)
}

function rowsOf(
  { steps }: Graph,
  { tries, boundCost: _, ...point }: Point,
  bound: number | undefined,
): PlanRow[] {
  const total = steps.reduce((sum, step) => sum + step.cost, 0)
  return tries.map(({ planner, replayed, arenaBytes, planMs }) => ({
    ...point,
    planner,
    feasible: replayed !== undefined,
    peakBytes: arenaBytes ?? replayed?.peakBytes ?? null,
    extraCostPercent: replayed ? (100 * replayed.extraCost) / total : null,
    planMs,
    gapPercent:
      replayed && bound !== undefined ? 100 * ((total + replayed.extraCost) / (total + bound) - 1) : null,
    boundPercent: bound === undefined ? null : (100 * bound) / total,
  }))
}

/** A schedule that fits, or undefined, and how long it took. */
interface Try {
  readonly planner: PlannerName
  readonly moves: readonly Move[] | undefined
  readonly replayed: Replayed | undefined
  readonly arenaBytes?: number | undefined
  readonly planMs: number
}

/** All planners at one budget. */
function planPoint(training: TrainingStep, budgetBytes: number, highs: Highs, seconds: number) {
  const { graph } = training
  const tries = [ours(graph, budgetBytes), segments(training, budgetBytes), evictions(graph, budgetBytes)]
  if (graph.steps.length > MOST_STEPS) return { tries, boundCost: undefined }
  const known = tries.filter(({ replayed }) => replayed !== undefined)
  const cheapest = known.sort((a, b) => a.replayed!.extraCost - b.replayed!.extraCost)
  const from = cheapest.map(({ moves }) => runsOf(moves!)).find(isInOrder)
  const solved = solve(graph, budgetBytes, { highs, seconds, from })
  // infinite only says that nothing is in reach of the program
  const boundCost = solved.boundCost < Infinity ? solved.boundCost : undefined
  return { tries: [...tries, solved], boundCost }
}

/**
 * Storages and steps that this engine's planner looks at to find a better plan at one point, for each step of the graph and
 * at most: about a second. They are counted, so that its plans are the same on every host.
 */
const SEARCH_WORK = { each: 6e5, most: 6e7 }

/** This engine's planner, on a fresh copy, since it remembers graphs. */
function ours(original: Graph, budgetBytes: number): Try {
  const graph = structuredClone(original)
  const searchWork = Math.min(SEARCH_WORK.most, SEARCH_WORK.each * graph.steps.length)
  const start = performance.now()
  try {
    const found = plan(graph, { budgetBytes, searchWork })
    const planMs = performance.now() - start
    simulate(graph, found, { budgetBytes })
    return { ...checked(graph, budgetBytes, 'wengert', found.actions, planMs), arenaBytes: found.peakBytes }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    return { planner: 'wengert', moves: undefined, replayed: undefined, planMs: performance.now() - start }
  }
}

function segments(training: TrainingStep, budgetBytes: number): Try {
  const start = performance.now()
  let best: { readonly moves: readonly Move[]; readonly cost: number } | undefined
  for (const moves of segmentSchedules(training)) {
    const { peakBytes, extraCost } = replay(training.graph, moves)
    if (peakBytes > budgetBytes || extraCost >= (best?.cost ?? Infinity)) continue
    best = { moves, cost: extraCost }
  }
  return checked(training.graph, budgetBytes, 'sqrt-n', best?.moves, performance.now() - start)
}

function evictions(graph: Graph, budgetBytes: number): Try {
  const start = performance.now()
  const moves = dtr(graph, budgetBytes)
  return checked(graph, budgetBytes, 'dtr', moves, performance.now() - start)
}

function solve(
  graph: Graph,
  budgetBytes: number,
  { highs, ...options }: { highs: Highs; seconds: number; from: readonly number[] | undefined },
): Try & Pick<Optimum, 'boundCost'> {
  const start = performance.now()
  const { runs, boundCost } = optimum(highs, graph, budgetBytes, options)
  const moves = runs && movesOf(graph, runs)
  return { ...checked(graph, budgetBytes, 'milp', moves, performance.now() - start), boundCost }
}

function checked(
  graph: Graph,
  budgetBytes: number,
  planner: PlannerName,
  moves: readonly Move[] | undefined,
  planMs: number,
): Try {
  if (moves === undefined) return { planner, moves, replayed: undefined, planMs }
  const replayed = replay(graph, moves)
  if (replayed.peakBytes > budgetBytes) {
    throw new Error(`${planner} needs ${replayed.peakBytes} of ${budgetBytes} bytes`)
  }
  return { planner, moves, replayed, planMs }
}

const runsOf = (moves: readonly Move[]): readonly number[] =>
  moves.flatMap(move => (move.kind === 'run' ? [move.step] : []))

/** Whether steps run for the first time in the graph's order, as the integer program has them. */
const isInOrder = (runs: readonly number[]) => [...new Set(runs)].every((step, k) => step === k)
