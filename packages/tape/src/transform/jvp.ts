import { pushforward } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { checkArgument, checkFunction, checkOptions } from '../options.js'
import { isFloat } from '../program/index.js'
import { type Structure, type Tensor, type Tree, type TreeOf, unflattenTree } from '../record/index.js'
import { ByOptions } from './by-options.js'
import { RUN_OPTIONS, type RunOptions } from './engine.js'
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

/** As {@link jvp}, of arguments and options that were checked, for a transformation that is made of it. */
export function pushedAlong<A extends readonly unknown[], R extends TreeOf<R>>(
  owner: string,
  fn: (...args: A) => R,
  primals: A,
  tangents: A,
  options: RunOptions,
): ValueAndTangent<R> {
  const make = () => jit((p, t) => pushed(owner, fn, p as A, t as A), options) as Both
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
  )
  const tangentsOfInputs = ts.map(t => (isFloat(t.dtype) ? t : undefined))
  const pushedOut = pushforward(recording.program, values, tangentsOfInputs)
  const tree = (leaves: readonly Tensor[]) => unflattenTree(recording.outputs as Structure, leaves)
  return { value: tree(outputs), tangent: tree(outputs.map((out, k) => pushedOut[k] ?? zerosLike(out))) }
}
