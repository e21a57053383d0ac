import {
  type Aval,
  type Data,
  type Executable,
  fromData,
  type GradientOf,
  type Tensor,
  unflatten,
} from '@wengert/tape'
import { type Call, fillBatch, weightsOf } from './call.js'
import type { Engine } from './engine.js'
import type { Settings } from './options.js'
import type { Plans } from './plans.js'
import { partialLayout, Reducer, reducerBytes } from './reduce.js'
import type { Shard } from './shard.js'
import { type ProgressListener, type Stats, Tally } from './stats.js'
import type { Started } from './turns.js'

/** Value and gradient over all rows of a call. */
export interface GradientResult<P> {
  /** A scalar: the mean or sum of the losses. */
  readonly value: Tensor
  /** A tree like the parameters. */
  readonly gradient: GradientOf<P>
  readonly stats: Stats
}

/** What a gradient call may say besides its arguments. */
export interface GradientDetails {
  readonly weights?: Tensor | undefined
  readonly onProgress?: ProgressListener | undefined
}

/** Starts a gradient call on the engine. */
export function startGradient<P>(
  engine: Engine,
  settings: Settings,
  plans: Plans,
  call: Call,
  { weights, onProgress }: GradientDetails,
): Started<GradientResult<P>> {
  const { reduction, budgetBytes } = settings
  const tally = new Tally(engine, call.selection.count, onProgress)
  const shards = plans.shards(call.selection.count, call.batchRows)
  const { program } = plans.program((shards[0] as Shard).rows)
  const avals = program.outputs.map(value => program.avals[value] as Aval)
  const lossDtype = (avals.at(-1) as Aval).dtype as 'f32' | 'f64'
  const rowWeights = weightsOf(weights, call.selection.count, lossDtype, reduction)
  const layout = partialLayout(avals)
  const executables = engine.fit(plans, shards, reducerBytes(layout, shards.length))
  const reducer = new Reducer(engine.reducer, layout, shards.length)
  tally.begin(shards, executables, rows =>
    budgetBytes === undefined ? (executables.get(rows) as Executable).cost : plans.ampleCost(rows),
  )
  const dispatched = engine.dispatch({
    shards,
    task: ({ from, rows }) => ({
      executable: executables.get(rows) as Executable,
      pinned: call.params,
      fill: inputs => {
        fillBatch(call, inputs, from, rows)
        ;(inputs.at(-1) as Data).set(rowWeights.data.subarray(from, from + rows))
      },
    }),
    sink: {
      admits: ({ index }) => reducer.admits(index),
      take: ({ index }, partial) => reducer.take(index, partial),
      settle: () => reducer.settle(),
    },
    done: shard => tally.count(shard),
  })
  return {
    dispatched,
    result: retries => {
      const sums = reducer.quotient(reduction === 'mean' ? rowWeights.sum : 1)
      const tensors = sums.map((data, k) => fromData(avals[k] as Aval, data))
      const gradient = unflatten(call.signature.paramsStructure, tensors.slice(0, -1))
      return {
        value: tensors.at(-1) as Tensor,
        gradient: gradient as GradientOf<P>,
        stats: tally.stats(retries),
      }
    },
  }
}
