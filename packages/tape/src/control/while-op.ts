import { pullback, replay } from '../derive/index.js'
import { flushSubnormals, zerosLike } from '../ops/index.js'
import { type Control, registerOp } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import { type Batched, type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { outputAvals } from './closed.js'
import { batchedLoop, floats, type Loop, recordLoop, runLoop, splitLoop, tangentLoop } from './loop.js'
import { plus } from './scan-op.js'
import { present, spread } from './spread.js'
import { emitUnwind } from './unwind-op.js'

type While = Control & { readonly kind: 'while' }
type State = readonly Tensor[]

/** Records, or computes, a loop that goes on while a bool of its state is true. */
export const emitWhile = (
  condition: (state: State) => Tensor,
  step: (state: State) => readonly Tensor[],
  init: State,
): readonly Tensor[] => runLoop(recordLoop(condition, step, init))

registerOp({
  name: 'while',
  infer: (_inputs, params) => outputAvals((params as unknown as While).body),
})

function parts({ inputs, params }: { inputs: readonly Tensor[]; params: object }) {
  const control = params as While
  const { condition, body } = control
  const loop: Loop = { condition, body, ...splitLoop(control, inputs) }
  return { loop, split: <T>(list: readonly T[]) => splitLoop(control, list) }
}

/** The pullback of a loop goes back over its states: it runs a step again and pulls cotangents back through it. */
function whilePullback(site: Site): readonly (Tensor | undefined)[] {
  const { loop, split } = parts(site)
  const { ofBody, init } = loop
  const body = withoutRepetitions(loop.body)
  const wanted = split(site.wanted)
  const carried = floats(init)
  const summed = floats(ofBody).map((so, k) => so && wanted.ofBody[k] === true)
  const ctState = site.outputs.map((x, k) => (carried[k] ? (site.cts[k] ?? zerosLike(x)) : undefined))
  const ctOutside = ofBody.map((x, k) => (summed[k] ? zerosLike(x) : undefined))
  const places = [...carried, ...summed]
  const last = emitUnwind(
    loop,
    (carry, state) => {
      const all = spread(places, carry)
      const [ctNext, sums] = [all.slice(0, carried.length), all.slice(carried.length)]
      const values = replay(body, [...ofBody, ...state])
      const pulled = pullback(body, values, ctNext, [...summed, ...carried])
      const own = pulled.slice(ofBody.length)
      return present([
        ...state.map((x, k) => (carried[k] ? flushSubnormals(own[k] ?? zerosLike(x)) : undefined)),
        ...sums.map((sum, k) => plus(sum, summed[k] ? pulled[k] : undefined)),
      ])
    },
    present([...ctState, ...ctOutside]),
  )
  const cts = spread(places, last)
  return [
    ...loop.ofCondition.map(() => undefined),
    ...cts.slice(carried.length),
    ...cts.slice(0, carried.length),
  ]
}

/** The loop carries tangents along; the condition does not see them. */
function whilePushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const { loop, split } = parts(site)
  const tangent = tangentLoop(loop, split(site.tangents))
  return spread(tangent.reached, runLoop(tangent.loop).slice(loop.init.length))
}

function whileBatch(site: BatchSite): readonly Batched[] {
  const { loop, split } = parts(site)
  const batched = batchedLoop(loop, split(site.batched), site.size)
  return runLoop(batched.loop).map((tensor, k) => ({ tensor, batched: batched.differs(k) }))
}

defineRule('while', { pullback: whilePullback, pushforward: whilePushforward, batch: whileBatch })
