import { pushforward } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { checkArgument, checkFunction } from '../options.js'
import { isFloat } from '../program/index.js'
import { type Structure, type Tensor, type Tree, unflattenTree } from '../record/index.js'
import { alike, trace } from './trace.js'
import { jit } from './transformed.js'

/** A value and its tangent. */
export interface ValueAndTangent<R> {
  readonly value: R
  readonly tangent: R
}

type Both = (
  primals: readonly unknown[],
  tangents: readonly unknown[],
) => { value: Tree<Tensor>; tangent: Tree<Tensor> }

/** Compiled pushforwards of functions that are still in use. */
const compiled = new WeakMap<object, Both>()

/**
 * Value and directional derivative of a function: the pushforward of tangents at primals, by forward accumulation.
 *
 * @param primals the arguments, as a list.
 * @param tangents one tree for each argument, like it.
 * @throws {@link ShapeError} if the tangents are not like the primals.
 * @example
 * const { value, tangent } = jvp(x => x.mul(x), [tensor(3)], [tensor(1)])
 * value.item() // → 9
 * tangent.item() // → 6
 */
export function jvp<A extends readonly unknown[], R extends Tree<Tensor>>(
  fn: (...args: A) => R,
  primals: A,
  tangents: A,
): ValueAndTangent<R> {
  checkFunction('jvp', fn)
  checkArgument('jvp', 'what it is evaluated at', primals, Array.isArray(primals), 'a list of arguments')
  checkArgument('jvp', 'what goes along with it', tangents, Array.isArray(tangents), 'a list of tangents')
  const known = compiled.get(fn)
  const both = known ?? (jit((p, t) => pushed(fn, p as A, t as A)) as Both)
  if (!known) compiled.set(fn, both)
  return both(primals, tangents) as unknown as ValueAndTangent<R>
}

/** Emits value and tangent. */
function pushed(fn: object, primals: readonly unknown[], tangents: readonly unknown[]) {
  const { recording, inputs, values, outputs } = trace('jvp', fn, primals)
  const own = inputs.slice(0, inputs.length - recording.captures.length)
  const ts = alike(
    'jvp',
    'tangent',
    tangents,
    recording.inputs,
    own.map(x => x.aval),
  )
  const tangentsOfInputs = ts.map(t => (isFloat(t.dtype) ? t : undefined))
  const pushedOut = pushforward(recording.program, values, tangentsOfInputs)
  const tree = (leaves: readonly Tensor[]) => unflattenTree(recording.outputs as Structure, leaves)
  return { value: tree(outputs), tangent: tree(outputs.map((out, k) => pushedOut[k] ?? zerosLike(out))) }
}
