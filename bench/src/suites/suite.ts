import type { Task } from '../engine/index.js'
import type { Objectives, OwnOptions } from '../own/index.js'

/** Sizes that say something, or sizes that a test can afford. */
export type Scale = 'full' | 'tiny'

/** This engine at a task, in one of the ways it can do it. */
export interface Entrant {
  /** What sets it apart from the other entrants. */
  readonly name: string
  readonly task: Task
  readonly options: OwnOptions
  /** Its budget is this share of the bytes that the first entrant took. */
  readonly share?: number
}

/** What is measured in turns: this engine's entrants, the first of them the one that all others are compared with. */
export interface Contest {
  readonly case: string
  readonly entrants: readonly [Entrant, ...Entrant[]]
  /** What peers do; null if they have no part. */
  readonly peers: Task | null
  /** Each round is a new process, and what counts is the time to its first result. */
  readonly cold?: boolean
  /** FLOP of a step. */
  readonly flops?: number
  /** Bytes of what a step reads and writes, each once. */
  readonly bytes?: number
  /** What a step has many of. */
  readonly per?: { readonly unit: 'element' | 'operation'; readonly count: number }
}

/** A subject to measure. */
export interface Suite {
  /** What this engine computes for each kind of task. */
  readonly objectives: Objectives
  contests(scale: Scale): readonly Contest[]
}

/** The entrant that calls compiled functions as users do. */
export const called = (task: Task, name = 'call'): Entrant => ({ name, task, options: { how: 'call' } })

/** The entrant that runs in an arena of its own. */
export const inArena = (task: Task, name = 'arena', options: Partial<OwnOptions> = {}): Entrant => ({
  name,
  task,
  options: { how: 'arena', ...options },
})

/** The entrant whose numbers stay in the arena. */
export const inPlace = (task: Task, options: Partial<OwnOptions> = {}): Entrant => ({
  name: 'in place',
  task,
  options: { how: 'inPlace', ...options },
})

/** An entrant with V8's re-vectoriser. */
export const withTurbo = ({ name, task, options }: Entrant): Entrant => ({
  name: `${name}, turbo`,
  task,
  options: { ...options, turbo: true },
})

/** The entrant that shares rows out among workers. */
export const onWorkers = (task: Task, workers: number): Entrant => ({
  name: workers === 1 ? '1 worker' : `${workers} workers`,
  task,
  options: { how: 'scheduler', workers },
})

/** An entrant in so many MiB. */
export const within = ({ name, task, options }: Entrant, mebibytes: number): Entrant => ({
  name: `${name}, ${mebibytes} MiB`,
  task,
  options: { ...options, memoryBytes: mebibytes * 2 ** 20 },
})

/** The entrants that share rows out: one worker, two, and two with V8's re-vectoriser. */
export function sharedOut(task: Task): readonly [Entrant, ...Entrant[]] {
  const two = onWorkers(task, 2)
  return [onWorkers(task, 1), two, withTurbo(two)]
}

/** Parts of the memory of the first entrant. */
export const budgets = (task: Task): readonly Entrant[] =>
  [1, 0.5, 0.25, 0.1, 0.05].map(share => ({
    name: `${100 * share} %`,
    task,
    options: { how: 'arena' },
    share,
  }))
