import { batch, dependent, pullback, pushforward, replay, withBatch } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { type Control, type Program, paramsOf, registerOp } from '../program/index.js'
import { apply, type Structure, type Tensor, type Tree, unflattenTree } from '../record/index.js'
import { type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { avalsOf, outputAvals, recordClosed } from './closed.js'
import { present, spread } from './spread.js'
import { leavesOf } from './tree-function.js'

type Call = Control & { readonly kind: 'call' }

/** Records, or computes, a function as one instruction, whose inner values live no longer than it runs. */
function emitCall(
  fn: (operands: readonly Tensor[]) => readonly Tensor[],
  operands: readonly Tensor[],
): readonly Tensor[] {
  const { program: body, outside } = recordClosed((...inputs) => fn(inputs), avalsOf(operands))
  return apply('call', [...outside, ...operands], paramsOf({ kind: 'call', body }))
}

registerOp({
  name: 'call',
  infer: (_inputs, params) => outputAvals((params as unknown as Call).body),
})

const bodyOf = ({ params }: { params: object }): Program => (params as Call).body

/** The body is run again inside of the pullback. */
function callPullback(site: Site): readonly (Tensor | undefined)[] {
  const body = bodyOf(site)
  const given = site.cts.map(Boolean)
  const cts = emitCall(
    operands => {
      const inputs = operands.slice(0, site.inputs.length)
      const ctsOut = spread(given, operands.slice(inputs.length))
      const pulled = pullback(body, replay(body, inputs), ctsOut, site.wanted)
      return present(inputs.map((x, k) => (site.wanted[k] ? (pulled[k] ?? zerosLike(x)) : undefined)))
    },
    [...site.inputs, ...present(site.cts)],
  )
  return spread(site.wanted, cts)
}

function callPushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const body = bodyOf(site)
  const found = dependent(body, site.tangents.map(Boolean), 'derivatives')
  const reached = body.outputs.map(value => found[value] === true)
  const given = site.tangents.map(Boolean)
  const ts = emitCall(
    operands => {
      const inputs = operands.slice(0, site.inputs.length)
      const tangents = spread(given, operands.slice(inputs.length))
      const pushed = pushforward(body, replay(body, inputs), tangents)
      return present(site.outputs.map((x, k) => (reached[k] ? (pushed[k] ?? zerosLike(x)) : undefined)))
    },
    [...site.inputs, ...present(site.tangents)],
  )
  return spread(reached, ts)
}

function callBatch({ inputs, batched, size, params }: BatchSite): readonly Tensor[] {
  return emitCall(operands => {
    const own = operands.map((tensor, k) => ({ tensor, batched: batched[k] === true }))
    return batch(bodyOf({ params }), own, size).map(out => withBatch(out, size))
  }, inputs)
}

defineRule('call', { pullback: callPullback, pushforward: callPushforward, batch: callBatch })

/**
 * A function whose inner values are not kept for reverse accumulation: its pullback runs it again. It computes the same
 * bits. A budget makes the engine choose what to keep by itself; this says it by hand, with or without a budget
 * (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 12).
 *
 * @example
 * const layer = checkpoint((x, w) => matmul(x, w).tanh())
 * const f = w => layer(layer(tensor([[1]]), w), w).sum()
 * grad(f)(tensor([[0.5]])).item() // ≈ 0.81125
 */
export function checkpoint<A extends readonly unknown[], R extends Tree<Tensor>>(
  fn: (...args: A) => R,
): (...args: A) => R {
  return (...args) => {
    let structure: Structure = '*'
    const leaves = leavesOf('checkpoint: the arguments', args)
    const values = emitCall(operands => {
      const own = unflattenTree(leaves.structure, operands) as unknown as A
      const result = leavesOf('checkpoint: what the function returned', fn(...own))
      structure = result.structure
      return result.tensors
    }, leaves.tensors)
    return unflattenTree(structure, values) as R
  }
}
