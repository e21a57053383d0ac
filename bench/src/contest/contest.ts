import { type Command, Parcels, type RoundFacts } from '../engine/index.js'
import { alternately } from '../measure.js'
import type { BenchProgress, BenchRow } from '../row.js'
import type { Contest } from '../suites/index.js'
import { disagreement } from './agree.js'
import { Contestant, type Entry } from './contestant.js'
import { type Measured, rowOf } from './figures.js'

/** An engine to compare with. */
export interface Peer {
  readonly engine: string
  readonly variant: string
  readonly command: Command
}

/** How a contest is run. */
export interface ContestOptions {
  readonly suite: string
  readonly runs: number
  /** Starts this engine. */
  readonly own: Command
  readonly peers: readonly Peer[]
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: BenchProgress) => void) | undefined
}

/** Runs a contest: every engine in a process of its own, results compared first, then rounds in turns. */
export async function runContest(contest: Contest, options: ContestOptions): Promise<readonly BenchRow[]> {
  const parcels = await Parcels.open()
  const contestants: Contestant[] = []
  const tell: Tell = (phase, { entry: { engine, variant } }, done, of) =>
    options.onProgress?.({ phase, engine, variant, done, of })
  const entryCount = contest.entrants.length + (contest.peers === null ? 0 : options.peers.length)
  try {
    for await (const entry of entries(contest, options, parcels, () => contestants[0])) {
      const contestant = new Contestant(entry, options.signal)
      tell('start', contestant, contestants.length, entryCount)
      contestants.push(contestant)
      await contestant.prepare()
      compare(contestant, contestants[0] as Contestant)
    }
    const measured = await (contest.cold ? cold : warm)(contestants, options.runs, tell)
    return measured.map(one => rowOf(options.suite, contest, one, measured[0] as Measured))
  } finally {
    await Promise.all(contestants.map(contestant => contestant.kill()))
    await parcels.close()
  }
}

/** Who takes part, one after the other, since budgets depend on what the first took. */
async function* entries(
  { entrants, peers: task }: Contest,
  { own, peers }: ContestOptions,
  parcels: Parcels,
  first: () => Contestant | undefined,
): AsyncGenerator<Entry> {
  for (const entrant of entrants) {
    const { name: variant, share } = entrant
    const { tolerance } = entrant.task
    const bytes = first()?.facts.arenaBytes
    const memory = share !== undefined && bytes !== undefined && { memoryBytes: Math.floor(share * bytes) }
    const sent = await parcels.send(entrant.task)
    yield {
      engine: 'wengert',
      variant,
      command: own,
      task: sent,
      tolerance,
      options: { ...entrant.options, ...memory },
    }
  }
  if (task === null) return
  const sent = await parcels.send(task)
  for (const peer of peers) yield { ...peer, task: sent, tolerance: task.tolerance, options: {} }
}

/** An engine that computes something else is not measured. */
function compare(contestant: Contestant, first: Contestant): void {
  const wrong = disagreement(contestant.outputs, first.outputs, contestant.entry.tolerance)
  if (wrong !== undefined) contestant.failed ??= `Its results differ: ${wrong}.`
}

/** Tells how far a phase is. */
type Tell = (phase: BenchProgress['phase'], contestant: Contestant, done: number, of: number) => void

/** Rounds of processes that live on. */
async function warm(
  contestants: readonly Contestant[],
  runs: number,
  tell: Tell,
): Promise<readonly Measured[]> {
  for (const [k, contestant] of contestants.entries()) {
    tell('warm up', contestant, k, contestants.length)
    await contestant.warmUp(runs)
  }
  const figures = await inTurns(
    contestants,
    ({ rounds }) => rounds,
    contestant => contestant.round(),
    tell,
  )
  for (const contestant of contestants) await contestant.close()
  return contestants.map((contestant, k) => ({ contestant, rounds: present(figures[k]) }))
}

/** Rounds of new processes, measured by their first results. */
async function cold(
  contestants: readonly Contestant[],
  runs: number,
  tell: Tell,
): Promise<readonly Measured[]> {
  for (const contestant of contestants) await contestant.close()
  const firstResult = async (contestant: Contestant) => {
    const ms = await contestant.prepare()
    await contestant.close()
    return ms === undefined ? undefined : { ms }
  }
  const figures = await inTurns(
    contestants,
    ({ failed }) => (failed === undefined ? runs : 0),
    firstResult,
    tell,
  )
  return contestants.map((contestant, k) => ({ contestant, rounds: present(figures[k]) }))
}

/** Measures all in turns, and tells of each. */
function inTurns(
  contestants: readonly Contestant[],
  roundsOf: (contestant: Contestant) => number,
  measure: (contestant: Contestant) => Promise<RoundFacts | undefined>,
  tell: Tell,
): Promise<readonly (readonly (RoundFacts | undefined)[])[]> {
  const of = contestants.reduce((sum, contestant) => sum + roundsOf(contestant), 0)
  let done = 0
  return alternately(
    contestants.map(contestant => ({
      rounds: roundsOf(contestant),
      measure: () => {
        tell('measure', contestant, done++, of)
        return measure(contestant)
      },
    })),
  )
}

const present = (rounds: readonly (RoundFacts | undefined)[] | undefined): readonly RoundFacts[] =>
  (rounds ?? []).filter(round => round !== undefined)
