import { type Aval, type Explanation, pageCeil } from '@wengert/tape'
import { totalBytes } from './budget.js'
import type { Outline } from './call.js'
import type { Engine } from './engine.js'
import type { Settings } from './options.js'
import type { Plans } from './plans.js'
import { partialLayout, reducerBytes } from './reduce.js'
import type { Shard } from './shard.js'

/**
 * How a call is run: the shards that its rows are cut into, the lanes that take them, and what the budget is divided into. Plain
 * data.
 */
export interface CallExplanation {
  /** The budget in bytes; left out where there is none. */
  readonly budgetBytes?: number
  /** Most bytes in use at a time: `lanes` × (the highest peak of a shard, in whole pages, + `parcelBytes`) + `reducerBytes`. */
  readonly peakBytes: number
  /** Rows of the call. */
  readonly rows: number
  /** Rows of every shard but perhaps the last; by program and batch alone, whatever the budget and the workers are. */
  readonly rowsPerShard: number
  /** Worker threads; 0 if this thread computes. */
  readonly workers: number
  /** What computes shards, one at a time each, the next one as soon as it is free: the workers, or this thread. */
  readonly lanes: number
  /** Bytes that the arena of each lane may have, in which it runs a shard. */
  readonly laneBytes: number
  /** Bytes in which inputs and results of a shard travel, for each lane; 0 where memory is shared. */
  readonly parcelBytes: number
  /** Bytes in which partial gradients are added, once for all lanes; 0 for `map`. */
  readonly reducerBytes: number
  /** What shards run: one program for each number of rows among them, so one or two. */
  readonly programs: readonly ExplainedShards[]
}

/** What shards of so many rows run. */
export interface ExplainedShards {
  /** Rows of each of these shards. */
  readonly rows: number
  /** How many shards there are of these rows, on all lanes together. */
  readonly shards: number
  /** How one of them runs within the arena of its lane. */
  readonly explanation: Explanation
}

/** Without a cap there is none on a lane either but what an arena can have. */
const withoutBudget = ({ budgetBytes: _, ...explanation }: Explanation): Explanation => explanation

/** Explains a gradient call, without running it. */
export function explainGradient(
  engine: Engine,
  settings: Settings,
  plans: Plans,
  outline: Outline,
): CallExplanation {
  const shards = plans.shards(outline.selection.count, outline.batchRows)
  const { program } = plans.program((shards[0] as Shard).rows)
  const partials = partialLayout(program.outputs.map(value => program.avals[value] as Aval))
  return explained(engine, settings, plans, outline, reducerBytes(partials, shards.length))
}

/** Explains a call of `map`, which adds nothing up, without running it. */
export const explainMap = (
  engine: Engine,
  settings: Settings,
  plans: Plans,
  outline: Outline,
): CallExplanation => explained(engine, settings, plans, outline, 0)

/** @param reducedBytes bytes in which partials are added */
function explained(
  engine: Engine,
  { budgetBytes, workers }: Settings,
  plans: Plans,
  { selection, batchRows }: Outline,
  reducedBytes: number,
): CallExplanation {
  const shards = plans.shards(selection.count, batchRows)
  const { layout, prepared } = engine.explain(plans, shards, reducedBytes)
  const lanes = engine.laneCount
  const peaks = Array.from(prepared.values(), ({ peakBytes }) => peakBytes)
  return {
    ...(budgetBytes !== undefined && { budgetBytes }),
    peakBytes: totalBytes(lanes, { ...layout, laneBytes: pageCeil(Math.max(...peaks)) }),
    rows: selection.count,
    rowsPerShard: (shards[0] as Shard).rows,
    workers,
    lanes,
    ...layout,
    programs: Array.from(prepared, ([rows, explanation]) => ({
      rows,
      shards: shards.filter(shard => shard.rows === rows).length,
      explanation: budgetBytes === undefined ? withoutBudget(explanation) : explanation,
    })),
  }
}
