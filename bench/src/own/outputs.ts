import type { Data } from '@wengert/tape'
import { type GivenTask, norm, type PreparedFacts } from '../engine/index.js'

/** What engines are compared by: the norm of a value; or the loss, and the norm of each gradient. */
export function outputsOf({ by }: GivenTask, results: readonly Data[]): PreparedFacts['outputs'] {
  const [first] = results as [Data]
  if (by.length === 0) return { value: norm(first) }
  const norms = by.map((name, k) => [name, norm(results[k + 1] as Data)] as const)
  return { loss: first[0] as number, ...Object.fromEntries(norms) }
}
