import { batch, pushforward, replay, withBatch } from '../derive/index.js'
import { any, where, zerosLike } from '../ops/index.js'
import { avalsOf, type Control, isFloat, type Json, type Program, paramsOf } from '../program/index.js'
import { apply, type Tensor } from '../record/index.js'
import type { Batched } from '../rules/index.js'
import { recordClosed } from './closed.js'
import { forEach } from './cond-op.js'
import { dependentCarries } from './scan-op.js'
import { present, spread } from './spread.js'

type State = readonly Tensor[]

/** A loop of unknown length as programs, with what they read: what a `while` runs, and an `unwind` goes back over. */
export interface Loop {
  readonly condition: Program
  readonly body: Program
  readonly ofCondition: readonly Tensor[]
  readonly ofBody: readonly Tensor[]
  readonly init: State
}

/** The loop of a condition and a step on lists. */
export function recordLoop(
  condition: (state: State) => Tensor,
  step: (state: State) => readonly Tensor[],
  init: State,
): Loop {
  const test = recordClosed((...state) => [condition(state)], avalsOf(init))
  const body = recordClosed((...state) => step(state), avalsOf(init))
  return {
    condition: test.program,
    body: body.program,
    ofCondition: test.outside,
    ofBody: body.outside,
    init,
  }
}

/** A loop as parameters of an instruction that runs it. */
export function loopParams({ condition, body, ofCondition, ofBody }: Loop): { readonly [key: string]: Json } {
  return paramsOf({
    kind: 'while',
    condition,
    body,
    conditionConstants: ofCondition.length,
    bodyConstants: ofBody.length,
  })
}

/** Records, or computes, a loop that goes on while its condition holds. */
export const runLoop = (loop: Loop): readonly Tensor[] =>
  apply('while', [...loop.ofCondition, ...loop.ofBody, ...loop.init], loopParams(loop))

/** Lists with an entry for each input of a loop, by what these are. */
export function splitLoop<T>(
  { conditionConstants, bodyConstants }: Control & { readonly kind: 'while' | 'unwind' },
  list: readonly T[],
) {
  const first = conditionConstants + bodyConstants
  return {
    ofCondition: list.slice(0, conditionConstants),
    ofBody: list.slice(conditionConstants, first),
    init: list.slice(first),
  }
}

/** The condition of a loop, of a state that may have further parts behind its own. */
function holds({ condition, ofCondition, init }: Loop, state: State): Tensor {
  const values = replay(condition, [...ofCondition, ...state.slice(0, init.length)])
  return values[condition.outputs[0] as number] as Tensor
}

/** A loop that carries more parts along, which its condition does not read. */
export const withParts = (
  loop: Loop,
  step: (state: State, parts: readonly Tensor[]) => readonly Tensor[],
  parts: readonly Tensor[],
): Loop =>
  recordLoop(
    state => holds(loop, state),
    state => step(state.slice(0, loop.init.length), state.slice(loop.init.length)),
    [...loop.init, ...parts],
  )

/**
 * The loop that carries tangents along.
 *
 * @returns it, and which parts of the state have tangents, which lie behind the state.
 */
export function tangentLoop(
  loop: Loop,
  tangents: {
    readonly ofBody: readonly (Tensor | undefined)[]
    readonly init: readonly (Tensor | undefined)[]
  },
): { readonly loop: Loop; readonly reached: readonly boolean[] } {
  const { body, ofBody, init } = loop
  const given = [tangents.ofBody.map(Boolean), tangents.init.map(Boolean)] as const
  const { carry: reached } = dependentCarries(body, given[0], given[1], [], 'derivatives')
  const start = init.map((x, k) => (reached[k] ? (tangents.init[k] ?? zerosLike(x)) : undefined))
  const step = (state: State, own: State) => {
    const values = replay(body, [...ofBody, ...state])
    const pushed = pushforward(body, values, [...tangents.ofBody, ...spread(reached, own)])
    const next = body.outputs.map(value => values[value] as Tensor)
    return [...next, ...present(next.map((x, k) => (reached[k] ? (pushed[k] ?? zerosLike(x)) : undefined)))]
  }
  return { loop: withParts(loop, step, present(start)), reached }
}

/** Tensors that may differ from element to element of a batch. */
export const someBatched = (tensors: readonly Tensor[], which: (k: number) => boolean): Batched[] =>
  tensors.map((tensor, k) => ({ tensor, batched: which(k) }))

/** A loop for all elements of a batch. */
export interface BatchedLoop {
  readonly loop: Loop
  /** Whether a part of the state differs from element to element. */
  readonly differs: (part: number) => boolean
  /** For which elements the loop goes on, if that differs. */
  readonly going: ((state: State) => Tensor) | undefined
}

/** The loop goes on while some element's condition is true; elements whose condition is false stay as they are. */
export function batchedLoop(
  { condition, body, ofCondition, ofBody, init }: Loop,
  batched: {
    readonly ofCondition: readonly boolean[]
    readonly ofBody: readonly boolean[]
    readonly init: readonly boolean[]
  },
  size: number,
): BatchedLoop {
  const { carry: reached } = dependentCarries(body, batched.ofBody, batched.init, [], 'values')
  const tested = dependentCarries(condition, batched.ofCondition, reached, [], 'values')
  // With a condition for each element, all parts of the state differ from element to element.
  const each = tested.outputs[0] === true
  const differs = (k: number) => each || reached[k] === true
  const test = (state: State) => {
    const outside = someBatched(ofCondition, k => batched.ofCondition[k] === true)
    const result = batch(condition, [...outside, ...someBatched(state, differs)], size)[0] as Batched
    return each ? withBatch(result, size) : result.tensor
  }
  const loop = recordLoop(
    state => (each ? any(test(state)) : test(state)),
    state => {
      const outside = someBatched(ofBody, k => batched.ofBody[k] === true)
      const next = batch(body, [...outside, ...someBatched(state, differs)], size).map((out, k) =>
        differs(k) ? withBatch(out, size) : out.tensor,
      )
      return each ? chosen(test(state), next, state) : next
    },
    init.map((tensor, k) =>
      differs(k) ? withBatch({ tensor, batched: batched.init[k] === true }, size) : tensor,
    ),
  )
  return { loop, differs, going: each ? test : undefined }
}

/** What elements of a batch become, or stay. */
export const chosen = (going: Tensor, next: State, now: State): readonly Tensor[] =>
  next.map((x, k) => where(forEach(going, x), x, now[k] as Tensor))

/** Which tensors have derivatives. */
export const floats = (tensors: readonly Tensor[]): boolean[] => tensors.map(x => isFloat(x.dtype))
