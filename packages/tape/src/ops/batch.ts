import type { Params } from '../program/index.js'
import { applyOne, type Tensor } from '../record/index.js'
import type { BatchSite } from '../rules/index.js'
import { broadcastTo } from './reduction.js'
import { reshape } from './shape.js'

/** The same site with every input batched; those that are not are repeated. */
export function allBatched(site: BatchSite): BatchSite {
  const { inputs, batched, size } = site
  return {
    ...site,
    inputs: inputs.map((x, k) => (batched[k] ? x : broadcastTo(x, [size, ...x.shape]))),
    batched: inputs.map(() => true),
  }
}

/** Maps an op whose batched operands have a batch of their own as their first axis: both become one. */
export function merged(op: string, { inputs, batched, size }: BatchSite, params: Params): Tensor {
  const flat = inputs.map((x, k) => {
    const [, n = 1, ...rest] = x.shape
    return batched[k] ? reshape(x, [size * n, ...rest]) : x
  })
  const out = applyOne(op, flat, params)
  const [total = 0, ...rest] = out.shape
  return reshape(out, [size, total / size, ...rest])
}
