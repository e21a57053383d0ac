import { pullback } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { checkFunction } from '../options.js'
import { isFloat } from '../program/index.js'
import { type Structure, type TreeOf, unflattenTree } from '../record/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import { alike, trace } from './trace.js'

/** A value, and the map from its cotangents to those of the arguments. */
export interface ValueAndPullback<A, R> {
  readonly value: R
  /**
   * @param ct a tree like the value.
   * @returns a tree like each argument; zeros for leaves that are not floating-point.
   * @throws {@link ShapeError} if the cotangent is not like the value.
   */
  pullback(ct: R): A
}

/**
 * Value of a function and its pullback at these arguments, by reverse accumulation. The values that the pullback
 * reads are kept until it is garbage.
 *
 * @example
 * const { value, pullback } = vjp((x, y) => x.mul(y), tensor(3), tensor(4))
 * value.item() // → 12
 * pullback(tensor(1)).map(ct => ct.item()) // → [4, 3]
 */
export function vjp<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  ...primals: A
): ValueAndPullback<A, R> {
  checkFunction('vjp', fn)
  return pulledBack('vjp', fn, primals)
}

/** As {@link vjp}, for a transformation that is made of it. */
export function pulledBack<A extends readonly unknown[], R extends TreeOf<R>>(
  owner: string,
  fn: (...args: A) => R,
  primals: A,
): ValueAndPullback<A, R> {
  const { recording, inputs, values, outputs } = trace(owner, fn, primals, withoutRepetitions)
  const own = inputs.slice(0, inputs.length - recording.captures.length)
  const wanted = inputs.map((x, k) => k < own.length && isFloat(x.dtype))
  return {
    value: unflattenTree(recording.outputs, outputs) as R,
    pullback(ct) {
      const cts = alike(
        owner,
        'cotangent',
        ct,
        recording.outputs as Structure,
        outputs.map(x => x.aval),
      )
      const pulled = pullback(recording.program, values, cts, wanted, { alongLines: true })
      return unflattenTree(
        recording.inputs,
        own.map((x, k) => pulled[k] ?? zerosLike(x)),
      ) as unknown as A
    },
  }
}
