import { batch, pushforward, replay, withBatch } from '../derive/index.js'
import { DerivativeError } from '../errors.js'
import { any, where, zerosLike } from '../ops/index.js'
import { type Control, paramsOf, registerOp } from '../program/index.js'
import { apply, type Tensor } from '../record/index.js'
import { type Batched, type BatchSite, defineRule, type TangentSite } from '../rules/index.js'
import { avalsOf, outputAvals, recordClosed } from './closed.js'
import { forEach } from './cond-op.js'
import { dependentCarries } from './scan-op.js'
import { present, spread } from './spread.js'

type While = Control & { readonly kind: 'while' }
type State = readonly Tensor[]

/** Records, or computes, a loop that goes on while a bool of its state is true. */
export function emitWhile(
  condition: (state: State) => Tensor,
  step: (state: State) => readonly Tensor[],
  init: State,
): readonly Tensor[] {
  const test = recordClosed((...state) => [condition(state)], avalsOf(init))
  const body = recordClosed((...state) => step(state), avalsOf(init))
  const params = paramsOf({
    kind: 'while',
    condition: test.program,
    body: body.program,
    conditionConstants: test.outside.length,
    bodyConstants: body.outside.length,
  })
  return apply('while', [...test.outside, ...body.outside, ...init], params)
}

registerOp({
  name: 'while',
  infer: (_inputs, params) => outputAvals((params as unknown as While).body),
})

function parts({ inputs, params }: { inputs: readonly Tensor[]; params: object }) {
  const { condition, body, conditionConstants, bodyConstants } = params as While
  const split = <T>(list: readonly T[]) => ({
    ofCondition: list.slice(0, conditionConstants),
    ofBody: list.slice(conditionConstants, conditionConstants + bodyConstants),
    state: list.slice(conditionConstants + bodyConstants),
  })
  return { condition, body, ...split(inputs), split }
}

/** The loop carries tangents along; the condition does not see them. */
function whilePushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const { condition, body, ofCondition, ofBody, state: init, split } = parts(site)
  const t = split(site.tangents)
  const { carry: reached } = dependentCarries(
    body,
    t.ofBody.map(Boolean),
    t.state.map(Boolean),
    [],
    'derivatives',
  )
  const start = init.map((x, k) => (reached[k] ? (t.state[k] ?? zerosLike(x)) : undefined))
  const last = emitWhile(
    state => {
      const values = replay(condition, [...ofCondition, ...state.slice(0, init.length)])
      return values[condition.outputs[0] as number] as Tensor
    },
    state => {
      const values = replay(body, [...ofBody, ...state.slice(0, init.length)])
      const tangents = spread(reached, state.slice(init.length))
      const pushed = pushforward(body, values, [...t.ofBody, ...tangents])
      const next = body.outputs.map(value => values[value] as Tensor)
      return [...next, ...present(next.map((x, k) => (reached[k] ? (pushed[k] ?? zerosLike(x)) : undefined)))]
    },
    [...init, ...present(start)],
  )
  return spread(reached, last.slice(init.length))
}

/** The loop goes on while some element's condition is true; elements whose condition is false stay as they are. */
function whileBatch(site: BatchSite): readonly Batched[] {
  const { condition, body, ofCondition, ofBody, state: init, split } = parts(site)
  const { size } = site
  const batched = split(site.batched)
  const of = (tensors: readonly Tensor[], which: (k: number) => boolean): Batched[] =>
    tensors.map((tensor, k) => ({ tensor, batched: which(k) }))
  const { carry: reached } = dependentCarries(body, batched.ofBody, batched.state, [], 'values')
  const tested = dependentCarries(condition, batched.ofCondition, reached, [], 'values')
  // With a condition for each element, all parts of the state differ from element to element.
  const each = tested.outputs[0] === true
  const differs = (k: number) => each || reached[k] === true
  const test = (state: State) => {
    const inputs = [...of(ofCondition, k => batched.ofCondition[k] === true), ...of(state, differs)]
    const holds = batch(condition, inputs, size)[0] as Batched
    return each ? withBatch(holds, size) : holds.tensor
  }
  return emitWhile(
    state => (each ? any(test(state)) : test(state)),
    state => {
      const inputs = [...of(ofBody, k => batched.ofBody[k] === true), ...of(state, differs)]
      const next = batch(body, inputs, size).map((out, k) => (differs(k) ? withBatch(out, size) : out.tensor))
      if (!each) return next
      const going = test(state)
      return next.map((x, k) => where(forEach(going, x), x, state[k] as Tensor))
    },
    init.map((tensor, k) => {
      const own = { tensor, batched: batched.state[k] === true }
      return differs(k) ? withBatch(own, size) : tensor
    }),
  ).map((tensor, k) => ({ tensor, batched: differs(k) }))
}

defineRule('while', {
  pullback: () => {
    throw new DerivativeError({
      summary: 'whileLoop: reverse accumulation through a loop of unknown length.',
      expected: 'a loop whose length is bounded when it is recorded',
      fix: 'give whileLoop `maxSteps`, use forLoop or scan, record with { dynamic: true }, or use jvp',
    })
  },
  pushforward: whilePushforward,
  batch: whileBatch,
})
