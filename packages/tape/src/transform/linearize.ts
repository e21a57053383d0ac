import { pushforward } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { checkFunction } from '../options.js'
import { isFloat } from '../program/index.js'
import { type Structure, type TreeOf, unflattenTree } from '../record/index.js'
import { alike, tangentsOf, trace } from './trace.js'

/** A value, and the map from tangents of the arguments to its own. */
export interface ValueAndPushforward<A extends readonly unknown[], R> {
  readonly value: R
  /**
   * @param tangents a tree like each argument; those of leaves that are not floating-point are not read.
   * @returns a tree like the value.
   * @throws {@link ShapeError} if the tangents are not like the arguments.
   */
  pushforward(...tangents: A): R
}

/**
 * Value of a function and the linear map that is its derivative at these arguments, by forward accumulation. The
 * function itself runs once, however often the map is applied; what the map reads is kept until it is garbage. Only loops,
 * branches and checkpointed functions, whose inner values are not kept, run again with their tangents.
 *
 * @example
 * const { value, pushforward } = linearize((x, y) => x.mul(y), tensor(3), tensor(4))
 * value.item() // → 12
 * pushforward(tensor(1), tensor(0)).item() // → 4
 * pushforward(tensor(0), tensor(1)).item() // → 3
 */
export function linearize<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  ...primals: A
): ValueAndPushforward<A, R> {
  checkFunction('linearize', fn)
  const { recording, inputs, values, outputs } = trace('linearize', fn, primals)
  const own = inputs.slice(0, inputs.length - recording.captures.length)
  const structure = recording.outputs as Structure
  return {
    value: unflattenTree(structure, outputs) as R,
    pushforward(...tangents) {
      const ts = alike(
        'linearize',
        'tangent',
        tangents,
        recording.inputs,
        own.map(x => x.aval),
        tangentsOf('linearize'),
      )
      const pushed = pushforward(
        recording.program,
        values,
        ts.map(t => (isFloat(t.dtype) ? t : undefined)),
      )
      return unflattenTree(
        structure,
        outputs.map((out, k) => pushed[k] ?? zerosLike(out)),
      ) as R
    },
  }
}
