/**
 * The pullback of a loop of unknown length, as an instruction that says nothing of which states are kept, so that it has
 * rules of its own and derivatives of any order are made of loops and their ways back alone. States are kept, and the
 * loop itself shared with the one whose pullback this is, when the program is compiled.
 */
import { batch, dependent, pullback, pushforward, replay, withBatch } from '../derive/index.js'
import { DerivativeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { flushSubnormals, zerosLike } from '../ops/index.js'
import { avalsOf, type Control, type Json, type Program, registerOp } from '../program/index.js'
import { apply, type Tensor } from '../record/index.js'
import { simplify } from '../rewrite/index.js'
import { type Batched, type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { outputAvals, recordClosed } from './closed.js'
import {
  batchedLoop,
  chosen,
  floats,
  type Loop,
  loopParams,
  runLoop,
  someBatched,
  splitLoop,
  tangentLoop,
  withParts,
} from './loop.js'
import { dependentCarries, plus } from './scan-op.js'
import { present, spread } from './spread.js'

type Unwind = Control & { readonly kind: 'unwind' }
type State = readonly Tensor[]

/** Records, or computes, what steps back make of a carry over the states of a loop, the last one first. */
export function emitUnwind(
  loop: Loop,
  reverse: (carry: State, state: State) => readonly Tensor[],
  carry: State,
): readonly Tensor[] {
  const back = recordClosed(
    (...inputs) => reverse(inputs.slice(0, carry.length), inputs.slice(carry.length)),
    [...avalsOf(carry), ...avalsOf(loop.init)],
  )
  const { ofCondition, ofBody, init } = loop
  return apply('unwind', [...ofCondition, ...ofBody, ...init, ...back.outside, ...carry], {
    ...loopParams(loop),
    reverse: back.program as unknown as Json,
    constants: back.outside.length,
  })
}

registerOp({
  name: 'unwind',
  infer: (_inputs, params) => outputAvals((params as unknown as Unwind).reverse),
})

function parts({ inputs, params }: { inputs: readonly Tensor[]; params: object }) {
  const control = params as Unwind
  const { condition, body, reverse, constants } = control
  const split = <T>(list: readonly T[]) => {
    const first = list.length - reverse.outputs.length
    return {
      ...splitLoop(control, list.slice(0, first - constants)),
      outside: list.slice(first - constants, first),
      carry: list.slice(first),
    }
  }
  const { outside, carry, ...own } = split(inputs)
  const loop: Loop = { condition, body, ...own }
  return { loop, reverse, outside, carry, split }
}

/** The way back over states and their tangents, with a tangent of the carry. */
function unwindPushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const { loop, reverse, outside, carry, split } = parts(site)
  const t = split(site.tangents)
  const tangent = tangentLoop(loop, t)
  const given = [t.outside.map(Boolean), t.carry.map(Boolean)] as const
  const { carry: reached } = dependentCarries(reverse, given[0], given[1], tangent.reached, 'derivatives')
  const start = carry.map((x, k) => (reached[k] ? (t.carry[k] ?? zerosLike(x)) : undefined))
  const last = emitUnwind(
    tangent.loop,
    (all, states) => {
      const [own, tangents] = [all.slice(0, carry.length), spread(reached, all.slice(carry.length))]
      const [state, tangentsOfState] = [
        states.slice(0, loop.init.length),
        spread(tangent.reached, states.slice(loop.init.length)),
      ]
      const values = replay(reverse, [...outside, ...own, ...state])
      const pushed = pushforward(reverse, values, [...t.outside, ...tangents, ...tangentsOfState])
      const next = reverse.outputs.map(value => values[value] as Tensor)
      const carried = next.map((x, k) =>
        reached[k] ? flushSubnormals(pushed[k] ?? zerosLike(x)) : undefined,
      )
      return [...next, ...present(carried)]
    },
    [...carry, ...present(start)],
  )
  return spread(reached, last.slice(carry.length))
}

/** Elements of a batch whose loop was over before a step keep their carry. */
function unwindBatch(site: BatchSite): readonly Batched[] {
  const { loop, reverse, outside, carry, split } = parts(site)
  const { size } = site
  const batched = split(site.batched)
  const mapped = batchedLoop(loop, batched, size)
  const rows = loop.init.map((_, k) => mapped.differs(k))
  const { carry: reached } = dependentCarries(reverse, batched.outside, batched.carry, rows, 'values')
  const differs = (k: number) => mapped.going !== undefined || reached[k] === true
  const last = emitUnwind(
    mapped.loop,
    (own, state) => {
      const inputs = [
        ...someBatched(outside, k => batched.outside[k] === true),
        ...someBatched(own, differs),
        ...someBatched(state, mapped.differs),
      ]
      const next = batch(reverse, inputs, size).map((out, k) =>
        differs(k) ? withBatch(out, size) : out.tensor,
      )
      return mapped.going ? chosen(mapped.going(state), next, own) : next
    },
    carry.map((tensor, k) =>
      differs(k) ? withBatch({ tensor, batched: batched.carry[k] === true }, size) : tensor,
    ),
  )
  return last.map((tensor, k) => ({ tensor, batched: differs(k) }))
}

/**
 * A step back is linear in its carry, c ← A(x)ᵀ c, so that the cotangents of the carry go the way of the loop,
 * v ← A(x) v, and nothing of the way back is needed for them. What states and outside have a part in is pulled back over
 * the states of both: the cotangents w of the states take ∂/∂x ⟨v, A(x)ᵀ c⟩ with them.
 */
function unwindPullback(site: Site): readonly (Tensor | undefined)[] {
  const { loop, reverse, outside, carry, split } = parts(site)
  const { body, ofBody, init } = loop
  checkLinear(reverse, outside, carry, init)
  const wanted = split(site.wanted)
  const none = (list: readonly unknown[]) => list.map(() => false)
  const up = withParts(
    loop,
    (state, v) => {
      const next = replay(body, [...ofBody, ...state])
      // A(x) is the same for every carry.
      const values = replay(reverse, [...outside, ...v.map(zerosLike), ...state])
      const pulled = pullback(reverse, values, v, [...none(outside), ...floats(carry), ...none(init)])
      const own = pulled.slice(outside.length)
      return [
        ...body.outputs.map(value => next[value] as Tensor),
        ...v.map((x, k) => flushSubnormals(own[k] ?? zerosLike(x))),
      ]
    },
    site.outputs.map((x, k) => site.cts[k] ?? zerosLike(x)),
  )
  const ctCarry = runLoop(up).slice(init.length)

  const stated = floats(init)
  const summed = floats(ofBody).map((so, k) => so && wanted.ofBody[k] === true)
  const summedBack = floats(outside).map((so, k) => so && wanted.outside[k] === true)
  const places = [...stated, ...summed, ...summedBack]
  const zeros = [...init, ...ofBody, ...outside].map((x, k) => (places[k] ? zerosLike(x) : undefined))
  const last = emitUnwind(
    up,
    (all, states) => {
      const own = all.slice(0, carry.length)
      const cts = spread(places, all.slice(carry.length))
      const ofState = cts.slice(0, init.length)
      const [state, v] = [states.slice(0, init.length), states.slice(init.length)]
      const values = replay(reverse, [...outside, ...own, ...state])
      const pulledBack = pullback(reverse, values, v, [...summedBack, ...none(carry), ...stated])
      const pulled = pullback(body, replay(body, [...ofBody, ...state]), ofState, [...summed, ...stated])
      const added = [
        ...state.map((_, k) =>
          plus(pulled[ofBody.length + k], pulledBack[outside.length + carry.length + k]),
        ),
        ...ofBody.map((_, k) => plus(cts[init.length + k], pulled[k])),
        ...outside.map((_, k) => plus(cts[init.length + ofBody.length + k], pulledBack[k])),
      ]
      const next = added.map((ct, k) => {
        if (!places[k]) return undefined
        return k < init.length ? flushSubnormals(ct ?? zerosLike(state[k] as Tensor)) : ct
      })
      return [...reverse.outputs.map(value => values[value] as Tensor), ...present(next)]
    },
    [...carry, ...present(zeros)],
  )
  const cts = spread(places, last.slice(carry.length))
  return [
    ...loop.ofCondition.map(() => undefined),
    ...cts.slice(init.length, init.length + ofBody.length),
    ...cts.slice(0, init.length),
    ...cts.slice(init.length + ofBody.length),
    ...ctCarry,
  ]
}

/** @throws DerivativeError if the pullback of a step back with respect to its carry reads that carry. */
function checkLinear(reverse: Program, outside: State, carry: State, init: State): void {
  const of = [outside.length, carry.length, init.length]
  const flags = [false, true, false].flatMap((so, k) => new Array<boolean>(of[k] as number).fill(so))
  const { program } = recordClosed(
    (...inputs) => {
      const own = inputs.slice(0, flags.length)
      const pulled = pullback(reverse, replay(reverse, own), inputs.slice(flags.length), flags)
      return present(pulled)
    },
    [...avalsOf([...outside, ...carry, ...init]), ...avalsOf(carry)],
  )
  const simple = simplify(program)
  const before = simple.inputs.length - flags.length - carry.length
  const found = dependent(
    simple,
    simple.inputs.map((_, k) => flags[k - before] === true),
    'values',
  )
  if (!simple.outputs.some(value => found[value])) return
  throw new DerivativeError({
    summary: 'whileLoop: reverse accumulation through a pullback that is not linear in its cotangents.',
    expected: 'steps whose pullbacks are linear, as all are but those of a customVjp that says otherwise',
    at: callerLocation(),
    fix: 'make its rule linear in the cotangent, or bound the loop by `maxSteps`',
  })
}

defineRule('unwind', { pullback: unwindPullback, pushforward: unwindPushforward, batch: unwindBatch })
