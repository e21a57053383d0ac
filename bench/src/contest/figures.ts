import type { RoundFacts } from '../engine/index.js'
import { median, medianRatio, quartiles } from '../measure.js'
import type { BenchRow } from '../row.js'
import type { Contest } from '../suites/index.js'
import type { Contestant } from './contestant.js'

/** What a contestant measured. */
export interface Measured {
  readonly contestant: Contestant
  readonly rounds: readonly RoundFacts[]
}

/** The row of a contestant beside that of the case's first. */
export function rowOf(
  suite: string,
  contest: Contest,
  { contestant, rounds }: Measured,
  first: Measured,
): BenchRow {
  const { entry, firstMs, facts, failed } = contestant
  const { engine, variant } = entry
  const times = rounds.map(({ ms }) => ms)
  const row = { suite, case: contest.case, engine, variant }
  if (failed !== undefined || times.length === 0) {
    return { ...row, ms: null, runs: 0, ratio: null, ...facts, failed: failed ?? 'Nothing was measured.' }
  }
  const ms = median(times)
  return {
    ...row,
    ms,
    quartilesMs: quartiles(times),
    runs: times.length,
    ratio: medianRatio(
      times,
      first.rounds.map(round => round.ms),
    ),
    ...(contest.cold && { cold: true as const }),
    ...(firstMs !== undefined && { firstMs }),
    ...rates(contest, ms),
    ...shares(contest, entry.options, rounds),
    ...facts,
  }
}

function rates({ flops, per }: Contest, ms: number): Partial<BenchRow> {
  return {
    ...(flops !== undefined && { gflops: flops / ms / 1e6 }),
    ...(per?.unit === 'element' && { nsPerElement: (1e6 * ms) / per.count }),
    ...(per?.unit === 'operation' && { nsPerOperation: (1e6 * ms) / per.count }),
  }
}

const shareNames = { peak: 'ratioToPeak', matmul: 'ratioToMatmul', copy: 'ratioToCopy' } as const

function shares(
  { flops, bytes }: Contest,
  options: unknown,
  rounds: readonly RoundFacts[],
): Partial<BenchRow> {
  const kind = Reflect.get(options as object, 'yardstick') as keyof typeof shareNames
  const done = kind === 'copy' ? bytes : flops
  const all = rounds.flatMap(({ ms, yardstick }) =>
    done === undefined || yardstick === undefined ? [] : done / ms / 1e6 / yardstick,
  )
  return all.length === 0 ? {} : { [shareNames[kind]]: median(all) }
}
