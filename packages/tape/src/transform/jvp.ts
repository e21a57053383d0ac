import { pushforward } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { checkArgument, checkFunction, checkOptions } from '../options.js'
import { isFloat } from '../program/index.js'
import {
  argumentsOf,
  type Structure,
  type Tensor,
  type Tree,
  type TreeName,
  type TreeOf,
  unflattenTree,
} from '../record/index.js'
import { ByOptions } from './by-options.js'
import { RUN_OPTIONS, type RunOptions } from './engine.js'
import { alike, tangentsOf, trace } from './trace.js'
import { jitNamed } from './transformed.js'

/** A value and its tangent. */
export interface ValueAndTangent<R> {
  readonly value: R
  readonly tangent: R
}

type Both = (
  primals: readonly unknown[],
  tangents: readonly unknown[],
) => { value: Tree<Tensor>; tangent: Tree<Tensor> }

/** Compiled pushforwards. */
const compiled = new ByOptions<Both>()

/**
 * Value and directional derivative of a function: the pushforward of tangents at primals, by forward accumulation.
 *
 * @param primals the arguments, as a list.
 * @param tangents one tree for each argument, like it.
 * @throws {@link ShapeError} if the tangents are not like the primals; {@link BudgetError} if no plan fits the memory.
 * @example
 * const { value, tangent } = jvp(x => x.mul(x), [tensor(3)], [tensor(1)])
 * value.item() // → 9
 * tangent.item() // → 6
 */
export function jvp<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  primals: A,
  tangents: A,
  options: RunOptions = {},
): ValueAndTangent<R> {
  checkFunction('jvp', fn)
  checkOptions('jvp', options, RUN_OPTIONS)
  checkArgument('jvp', 'what it is evaluated at', primals, Array.isArray(primals), 'a list of arguments')
  checkArgument('jvp', 'what goes along with it', tangents, Array.isArray(tangents), 'a list of tangents')
  return pushedAlong('jvp', fn, primals, tangents, options)
}

/** Primals and tangents, each a list. */
const bothOf = (owner: string): TreeName => {
  const sides = [argumentsOf(owner, k => `primal ${k}`), tangentsOf(owner)] as const
  return {
    role: 'argument',
    place(path) {
      const [, side, within] = /^\[([01])\](.*)$/s.exec(path) ?? []
      return sides[Number(side)]?.place(within ?? '') ?? [owner, path]
    },
  }
}

/**
 * As {@link jvp}, of arguments and options that were checked, for a transformation that is made of it.
 *
 * @param named what errors call what is in [primals, tangents], if not primals and tangents.
 */
export function pushedAlong<A extends readonly unknown[], R extends TreeOf<R>>(
  owner: string,
  fn: (...args: A) => R,
  primals: A,
  tangents: A,
  options: RunOptions,
  named?: TreeName,
): ValueAndTangent<R> {
  const both = (p: readonly unknown[], t: readonly unknown[]) => pushed(owner, fn, p, t)
  const make = () => jitNamed({ name: owner, named: named ?? bothOf(owner) }, both, options)
  return compiled.of(fn, options, make)(primals, tangents) as unknown as ValueAndTangent<R>
}

/** Emits value and tangent. */
function pushed(owner: string, fn: object, primals: readonly unknown[], tangents: readonly unknown[]) {
  const { recording, inputs, values, outputs } = trace(owner, fn, primals)
  const own = inputs.slice(0, inputs.length - recording.captures.length)
  const ts = alike(
    owner,
    'tangent',
    tangents,
    recording.inputs,
    own.map(x => x.aval),
    tangentsOf(owner),
  )
  const tangentsOfInputs = ts.map(t => (isFloat(t.dtype) ? t : undefined))
  const pushedOut = pushforward(recording.program, values, tangentsOfInputs)
  const tree = (leaves: readonly Tensor[]) => unflattenTree(recording.outputs as Structure, leaves)
  return { value: tree(outputs), tangent: tree(outputs.map((out, k) => pushedOut[k] ?? zerosLike(out))) }
}
