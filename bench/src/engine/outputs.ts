import type { Data } from '@wengert/tape'
import type { GivenTask } from './engine.js'
import type { PreparedFacts } from './wire.js'

/** What engines are compared by: the norm of a value; or the loss, and the norm of each gradient. */
export function outputsOf({ by }: Pick<GivenTask, 'by'>, results: readonly Data[]): PreparedFacts['outputs'] {
  const [first] = results as [Data]
  if (by.length === 0) return { value: norm(first) }
  const norms = by.map((name, k) => [name, norm(results[k + 1] as Data)] as const)
  return { loss: first[0] as number, ...Object.fromEntries(norms) }
}

/** √Σx². */
function norm(data: ArrayLike<number>): number {
  let sum = 0
  for (let k = 0; k < data.length; k++) sum += (data[k] as number) ** 2
  return Math.sqrt(sum)
}
