import { batch, pullback, replay, withBatch } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { checkFunction } from '../options.js'
import { avalsOf, isFloat, registerOp } from '../program/index.js'
import {
  apply,
  argumentsOf,
  fitted,
  resultNamed,
  type Tensor,
  type TreeOf,
  unflattenTree,
} from '../record/index.js'
import { type Batched, type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { outputAvals, recordClosed } from './closed.js'
import { type Custom, checkRule, floatsOf, joined, listOf, recordBody, refuseOutside } from './custom.js'
import { checkLinear } from './linear.js'
import { spread } from './spread.js'
import { type Leaves, leavesOf } from './tree-function.js'

/** What a rule for tangents is given. */
export interface CustomTangentSite<A, R> {
  readonly args: A
  readonly value: R
  /** Trees like the arguments; zeros for leaves that are not floating-point. */
  readonly tangents: A
}

/**
 * A function with a derivative of its own: the rule says how tangents go through it, and, since it is linear in them,
 * cotangents too.
 *
 * A rule that is certainly not linear is refused: one whose transpose reads the tangents (a product of two, a function or a
 * choice of one); one that depends on them by steps alone (signs, whole numbers); and one that gives more than zero for tangents
 * of zero (a term of arguments or numbers). What is not certain passes: terms that may cancel, such as x − x or a sum of x and −x;
 * what goes back over a loop of unknown length; steps beside a term with a derivative; and tangents behind `stopGradient`, of
 * which there are no cotangents. A transpose that reads tangents counts as one that depends on them, whatever cancels in it; so
 * do iterations that solve for a tangent, such as conjugate gradients, which are linear in the limit alone: make the solver a
 * {@link customVjp} whose rule solves the transposed system.
 *
 * @param fn a function of trees of tensors.
 * @param rule from arguments, value and tangents of the arguments to the tangent of the value, linear in the tangents.
 * @throws {@link ShapeError} if the tangent is not like the value; {@link DerivativeError} for a rule that is certainly not
 * linear in the tangents, and where a derivative with respect to a tensor is asked for that the function reads from outside of
 * its arguments.
 * @example
 * const log1pexp = customJvp(x => x.exp().log1p(), ({ args: [x], tangents: [t] }) => t.mul(x.sigmoid()))
 * grad(log1pexp)(tensor(100)).item() // → 1
 * grad(grad(log1pexp))(tensor(0)).item() // → 0.25
 */
export function customJvp<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  rule: (site: CustomTangentSite<A, R>) => R,
): (...args: A) => R {
  checkFunction('customJvp', fn)
  checkFunction('customJvp: the rule', rule)
  return (...args) => {
    const leaves = leavesOf(argumentsOf('customJvp'), args)
    const body = fitted('customJvp', fn, args, () => recordBody('customJvp', fn, leaves))
    const values = outputAvals(body.closed.program)
    const tangents = avalsOf(floatsOf(leaves.tensors))
    const pushed = recordClosed(
      (...inputs) => {
        const own = inputs.slice(0, leaves.tensors.length)
        const value = inputs.slice(own.length, own.length + values.length)
        const returned = rule({
          args: listOf(leaves, own) as unknown as A,
          value: unflattenTree(body.structure, value) as R,
          tangents: listOf(
            leaves,
            withZeros(leaves, inputs.slice(own.length + values.length)),
          ) as unknown as A,
        })
        const tangent = leavesOf(resultNamed('customJvp: the tangent'), returned)
        checkRule('customJvp', 'tangent', tangent, body.structure, values)
        return floatsOf(tangent.tensors)
      },
      [...avalsOf(leaves.tensors), ...values, ...tangents],
    )
    checkLinear('customJvp', body.closed, pushed)
    const { custom, outside } = joined(body.closed, pushed)
    return unflattenTree(body.structure, emit(custom, [...outside, ...leaves.tensors])) as R
  }
}

/** Tangents of floating-point leaves, and zeros for the others. */
function withZeros({ tensors }: Leaves, tangents: readonly Tensor[]): readonly Tensor[] {
  const places = tensors.map(x => isFloat(x.dtype))
  return spread(places, tangents).map((t, k) => t ?? zerosLike(tensors[k] as Tensor))
}

const emit = (custom: Custom, inputs: readonly Tensor[]): readonly Tensor[] =>
  apply('customJvp', inputs, custom as unknown as Site['params'])

registerOp({
  name: 'customJvp',
  infer: (_inputs, params) => outputAvals((params as unknown as Custom).body),
})

const floatPlaces = (tensors: readonly Tensor[]): boolean[] => tensors.map(x => isFloat(x.dtype))

function customPushforward({
  inputs,
  outputs,
  tangents,
  params,
}: TangentSite): readonly (Tensor | undefined)[] {
  const { rule, outside } = params as unknown as Custom
  refuseOutside(
    'customJvp',
    inputs.find((_, k) => k < outside && tangents[k]),
  )
  const args = inputs.slice(outside)
  const ts = args.flatMap((x, k) => (isFloat(x.dtype) ? [tangents[outside + k] ?? zerosLike(x)] : []))
  const values = replay(rule, [...inputs, ...outputs, ...ts])
  const pushed = rule.outputs.map(value => values[value] as Tensor)
  return spread(floatPlaces(outputs), pushed)
}

/** The transpose of the rule, which is linear in the tangents: where they are does not matter, so they are zeros. */
function customPullback({ inputs, outputs, cts, wanted, params }: Site): readonly (Tensor | undefined)[] {
  const { rule, outside } = params as unknown as Custom
  refuseOutside(
    'customJvp',
    inputs.find((_, k) => k < outside && wanted[k]),
  )
  const args = inputs.slice(outside)
  const places = floatPlaces(args)
  const zeros = floatsOf(args).map(zerosLike)
  const values = replay(rule, [...inputs, ...outputs, ...zeros])
  const ctsOfFloats = cts.filter((_, k) => isFloat((outputs[k] as Tensor).dtype))
  const known = [...inputs, ...outputs].map(() => false)
  const pulled = pullback(rule, values, ctsOfFloats, [...known, ...zeros.map(() => true)])
  const ofTangents = pulled.slice(known.length)
  let next = 0
  return [
    ...inputs.slice(0, outside).map(() => undefined),
    ...places.map(there => (there ? ofTangents[next++] : undefined)),
  ]
}

function customBatch({ inputs, batched, size, params }: BatchSite): readonly Tensor[] {
  const { body, rule, outside } = params as unknown as Custom
  const args = inputs.slice(outside)
  const of = (tensors: readonly Tensor[]): Batched[] =>
    tensors.map((tensor, k) => ({ tensor, batched: batched[outside + k] === true }))
  const outer = inputs
    .slice(0, outside)
    .map((tensor, k): Batched => ({ tensor, batched: batched[k] === true }))
  const all = (tensor: Tensor): Batched => ({ tensor, batched: true })
  const mapped = recordClosed(
    (...own) => batch(body, [...outer, ...of(own)], size).map(out => withBatch(out, size)),
    avalsOf(args),
  )
  const places = floatPlaces(args)
  const mappedRule = recordClosed(
    (...own) => {
      const given = own.slice(0, args.length)
      const values = own.slice(args.length, args.length + body.outputs.length).map(all)
      const tangents = own.slice(args.length + body.outputs.length)
      const ts = of(spread(places, tangents) as Tensor[]).filter((_, k) => places[k])
      return batch(rule, [...outer, ...of(given), ...values, ...ts], size).map(out => withBatch(out, size))
    },
    [...avalsOf(args), ...outputAvals(mapped.program), ...avalsOf(floatsOf(args))],
  )
  const { custom, outside: together } = joined(mapped, mappedRule)
  return emit(custom, [...together, ...args])
}

defineRule('customJvp', { pullback: customPullback, pushforward: customPushforward, batch: customBatch })
