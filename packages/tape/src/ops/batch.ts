import { type Aval, opOf, type Params } from '../program/index.js'
import { applyOne, scalarLike, type Tensor } from '../record/index.js'
import type { BatchSite } from '../rules/index.js'
import { convert } from './convert.js'
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

/** What any op gives for a batch of length 0. */
function nothing(op: string, { inputs, batched, params }: BatchSite): Tensor {
  const own = inputs.map(({ dtype, shape }, k) => ({ dtype, shape: batched[k] ? shape.slice(1) : shape }))
  const [{ dtype, shape }] = opOf(op).infer(own, params) as readonly [Aval]
  return convert(broadcastTo(scalarLike(inputs[0] as Tensor, 0), [0, ...shape]), dtype)
}

/** Maps an op whose batched operands have a batch of their own as their first axis: both become one. */
export function merged(op: string, site: BatchSite, params: Params): Tensor {
  const { inputs, batched, size } = site
  if (size === 0) return nothing(op, site)
  const flat = inputs.map((x, k) => {
    const [, n = 1, ...rest] = x.shape
    return batched[k] ? reshape(x, [size * n, ...rest]) : x
  })
  const out = applyOne(op, flat, params)
  const [total = 0, ...rest] = out.shape
  return reshape(out, [size, total / size, ...rest])
}
