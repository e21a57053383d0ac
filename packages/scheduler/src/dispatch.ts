import type { Data } from '@wengert/tape'
import { deferred } from './deferred.js'
import { LaneError } from './errors.js'
import type { Lane, Task } from './lane.js'
import type { Shard } from './shard.js'

/** Where results of shards go. */
export interface Sink {
  /** Whether there is room for the result of a shard now. */
  admits(shard: Shard): boolean
  /** Copies the outputs of an admitted shard. */
  take(shard: Shard, outputs: readonly Data[]): void
  /** Does what can be done later than the next shard's start. */
  settle(): void
}

/** Shards, how to compute one, and where its result goes. */
export interface Work {
  readonly shards: readonly Shard[]
  task(shard: Shard): Task
  readonly sink: Sink
  /** Called after each shard. */
  done(shard: Shard): void
  /** How often one shard may be run again because its lane died, before the work is given up. */
  readonly restarts: number
}

/** Work under way. */
export interface Dispatched {
  /** Resolves to the number of shards that were run again; rejects as soon as the work is stopped. */
  readonly finished: Promise<number>
  /** Resolves when no lane works on it any more. */
  readonly idle: Promise<void>
  /** Gives the work up for this reason. */
  stop(reason: unknown): void
}

/** After work is stopped, lanes may finish their shard for so long before their workers are ended. */
const GRACE_MS = 500

/**
 * Runs work on lanes. Each lane takes the next shard in the order of the index and keeps it until its result is
 * taken, whatever happens to its worker; a worker that died before is replaced first. As soon as a result is taken the lane is given its next shard; only then
 * are partials added, while it computes.
 */
export function dispatch(work: Work, lanes: readonly Lane[]): Dispatched {
  const { shards, sink, restarts } = work
  const tries = new Map<Shard, number>()
  const stopping = deferred<never>()
  /** Lanes that are not idle, with their last run, which never rejects here. */
  const busy = new Map<Lane, Promise<void>>(lanes.map(lane => [lane, Promise.resolve()]))
  let stopped = false
  let next = 0
  let retries = 0
  let changed = deferred<void>()

  const wake = () => {
    changed.resolve(undefined)
    changed = deferred<void>()
  }
  const stop = (reason: unknown) => {
    stopped = true
    stopping.reject(reason)
    wake()
  }
  const start = (lane: Lane, shard: Shard | undefined): Promise<void> | undefined => {
    if (!shard) return
    const run = lane.run(work.task(shard))
    busy.set(
      lane,
      run.catch(() => {}),
    )
    return run
  }

  /** Counts a death and brings the lane back; a lane that cannot be brought back has died again. */
  const replace = async (lane: Lane, shard: Shard, death: LaneError) => {
    for (let cause = death; ; ) {
      const tried = tries.get(shard) ?? 0
      if (tried >= restarts) throw givenUp(shard, restarts, cause)
      tries.set(shard, tried + 1)
      retries++
      try {
        await lane.revive()
        return
      } catch (error) {
        if (stopped || !(error instanceof LaneError)) throw error
        cause = error
      }
    }
  }

  const compute = async (lane: Lane, shard: Shard, first: Promise<void>) => {
    for (let run = first; ; ) {
      try {
        await run
        return
      } catch (error) {
        if (stopped || !(error instanceof LaneError)) throw error
        await replace(lane, shard, error)
        run = start(lane, shard) as Promise<void>
      }
    }
  }

  const serve = async (lane: Lane) => {
    // Whoever died before this work is no death of this work. A shard is taken only by a lane that can compute.
    await lane.revive()
    if (stopped) return
    let shard = shards[next++]
    let run = start(lane, shard)
    while (shard && run) {
      await compute(lane, shard, run)
      while (!stopped && !sink.admits(shard)) await changed.promise
      if (stopped) return
      sink.take(shard, lane.outputs())
      const done = shard
      shard = shards[next++]
      run = start(lane, shard)
      sink.settle()
      wake()
      try {
        work.done(done)
      } catch (error) {
        // Stopped at once: another lane that is about to go on must not count its shard any more.
        return stop(error)
      }
    }
  }

  const serving = lanes.map(async lane => {
    await serve(lane).catch(stop)
    // The next work writes where this run reads, so no lane is idle before its run is over.
    await busy.get(lane)
    busy.delete(lane)
  })
  const idle = Promise.all(serving).then(() => {})
  void stopping.promise.catch(() => endLate(idle, busy))
  return { finished: Promise.race([idle.then(() => retries), stopping.promise]), idle, stop }
}

/** Ends the workers of lanes that do not finish their shard soon. */
async function endLate(idle: Promise<void>, busy: ReadonlyMap<Lane, unknown>): Promise<void> {
  const late = setTimeout(() => {
    for (const lane of busy.keys()) void lane.kill('The call of this lane was stopped.')
  }, GRACE_MS)
  await idle
  clearTimeout(late)
}

const givenUp = (shard: Shard, restarts: number, cause: LaneError) =>
  new LaneError({
    summary: `Shard ${shard.index} was given up: its lane kept dying. At last: ${cause.message}`,
    expected: `at most ${restarts} restarts for one shard`,
    fix: 'see the cause; a higher `deadlineMs` or `restarts` may help',
    data: { shard: shard.index, restarts },
    cause,
  })
