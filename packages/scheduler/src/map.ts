import { type Aval, allocate, type Data, type Executable, fromData, sizeOf, unflatten } from '@wengert/tape'
import { type Call, fillBatch } from './call.js'
import type { Engine } from './engine.js'
import type { Plans } from './plans.js'
import type { Shard } from './shard.js'
import type { Started } from './turns.js'

/** Starts a call that maps a function over rows: each shard's outputs are copied to their rows of the result. */
export function startMap<R>(engine: Engine, plans: Plans, call: Call): Started<R> {
  const { count } = call.selection
  const shards = plans.shards(count, call.batchRows)
  const { program, outputs } = plans.program((shards[0] as Shard).rows)
  const avals = program.outputs.map(value => {
    const { dtype, shape } = program.avals[value] as Aval
    return { dtype, shape: [count, ...shape.slice(1)] }
  })
  const results = avals.map(allocate)
  const executables = engine.fit(plans, shards, 0)
  const dispatched = engine.dispatch({
    shards,
    task: ({ from, rows }) => ({
      executable: executables.get(rows) as Executable,
      pinned: call.params,
      fill: inputs => fillBatch(call, inputs, from, rows),
    }),
    sink: {
      admits: () => true,
      take: ({ from }, rowsOfShard) => {
        for (const [k, { shape }] of avals.entries()) {
          ;(results[k] as Data).set(rowsOfShard[k] as Data, from * sizeOf(shape.slice(1)))
        }
      },
      settle: () => {},
    },
    done: () => void engine.measure(),
  })
  return {
    dispatched,
    result: () =>
      unflatten(
        outputs,
        results.map((data, k) => fromData(avals[k] as Aval, data)),
      ) as R,
  }
}
