import { batch, replay, withBatch } from '../derive/index.js'
import { DerivativeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { sum, zerosLike } from '../ops/index.js'
import { checkFunction } from '../options.js'
import { avalsOf, isFloat, registerOp } from '../program/index.js'
import {
  apply,
  argumentsOf,
  fitted,
  resultNamed,
  type Tensor,
  type Tree,
  type TreeOf,
  treeNamed,
  unflattenTree,
} from '../record/index.js'
import { type Batched, type BatchSite, defineRule, type Site } from '../rules/index.js'
import { outputAvals, recordClosed } from './closed.js'
import { type Custom, checkRule, floatsOf, joined, listOf, recordBody, refuseOutside } from './custom.js'
import { spread } from './spread.js'
import { leavesOf } from './tree-function.js'

/** What a rule for cotangents is given. */
export interface CustomCotangentSite<A, R> {
  readonly args: A
  readonly value: R
  /** A tree like the value; zeros for leaves that are not floating-point. */
  readonly ct: R
}

/** What a rule for cotangents returns: a tree like each argument, null for zero. */
export type Cotangents<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] | null }

/**
 * A function with a pullback of its own. What the rule computes again from arguments and value as the function did is
 * computed once, so there are no residuals to hand over. Forward accumulation does not go through it; `customJvp` gives
 * both directions.
 *
 * @param fn a function of trees of tensors.
 * @param rule from arguments, value and cotangent of the value to the cotangents of the arguments, as a list.
 * @throws {@link ShapeError} if the cotangents are not like the arguments; {@link DerivativeError} for forward
 * accumulation, and where a derivative with respect to a tensor is asked for that the function reads from outside.
 * @example
 * const limited = customVjp(x => x, ({ ct }) => [ct.clip(-1, 1)])
 * grad(x => limited(x).mul(5))(tensor(2)).item() // → 1
 * jvp(limited, [tensor(2)], [tensor(1)]) // → throws DERIVATIVE
 */
export function customVjp<A extends readonly unknown[], R extends TreeOf<R>>(
  fn: (...args: A) => R,
  rule: (site: CustomCotangentSite<A, R>) => Cotangents<A>,
): (...args: A) => R {
  checkFunction('customVjp', fn)
  checkFunction('customVjp: the rule', rule)
  return (...args) => {
    const leaves = leavesOf(argumentsOf('customVjp'), args)
    const body = fitted('customVjp', fn, args, () => recordBody('customVjp', fn, leaves))
    const values = outputAvals(body.closed.program)
    const pulled = recordClosed(
      (...inputs) => {
        const own = inputs.slice(0, leaves.tensors.length)
        const trees = listOf(leaves, own)
        const returned: unknown = rule({
          args: trees as unknown as A,
          value: unflattenTree(body.structure, inputs.slice(own.length, own.length + values.length)) as R,
          ct: unflattenTree(body.structure, inputs.slice(own.length + values.length)) as R,
        })
        return cotangents(returned, trees)
      },
      [...avalsOf(leaves.tensors), ...values, ...values],
    )
    const { custom, outside } = joined(body.closed, pulled)
    return unflattenTree(body.structure, emit(custom, [...outside, ...leaves.tensors])) as R
  }
}

/** The cotangents of the floating-point leaves of arguments, zeros for null. */
function cotangents(returned: unknown, args: readonly Tree<Tensor>[]): readonly Tensor[] {
  const list = Array.isArray(returned) ? returned : [returned]
  if (list.length !== args.length) {
    throw new DerivativeError({
      summary: `customVjp: the rule returned ${list.length} cotangents for ${args.length} arguments.`,
      expected: 'a list with a tree for each argument, or null for zero',
      at: callerLocation(),
    })
  }
  return args.flatMap((arg, k) => {
    const { tensors: own, structure } = leavesOf(treeNamed('customVjp: an argument'), arg)
    if (list[k] === null) return floatsOf(own).map(zerosLike)
    const given = leavesOf(resultNamed('customVjp: a cotangent'), list[k])
    checkRule('customVjp', 'cotangent', given, structure, avalsOf(own))
    return floatsOf(given.tensors)
  })
}

const emit = (custom: Custom, inputs: readonly Tensor[]): readonly Tensor[] =>
  apply('customVjp', inputs, custom as unknown as Site['params'])

registerOp({
  name: 'customVjp',
  infer: (_inputs, params) => outputAvals((params as unknown as Custom).body),
})

function customPullback({ inputs, outputs, cts, wanted, params }: Site): readonly (Tensor | undefined)[] {
  const { rule, outside } = params as unknown as Custom
  refuseOutside(
    'customVjp',
    inputs.find((_, k) => k < outside && wanted[k]),
  )
  const given = outputs.map((out, k) => cts[k] ?? zerosLike(out))
  const values = replay(rule, [...inputs, ...outputs, ...given])
  const pulled = rule.outputs.map(value => values[value] as Tensor)
  const places = inputs.map((x, k) => k >= outside && isFloat(x.dtype))
  return spread(places, pulled)
}

function customBatch({ inputs, batched, size, params }: BatchSite): readonly Tensor[] {
  const { body, rule, outside } = params as unknown as Custom
  const args = inputs.slice(outside)
  const of = (tensors: readonly Tensor[]): Batched[] =>
    tensors.map((tensor, k) => ({ tensor, batched: batched[outside + k] === true }))
  const outer = inputs
    .slice(0, outside)
    .map((tensor, k): Batched => ({ tensor, batched: batched[k] === true }))
  const mapped = recordClosed(
    (...own) => batch(body, [...outer, ...of(own)], size).map(out => withBatch(out, size)),
    avalsOf(args),
  )
  const values = outputAvals(mapped.program)
  const floats = args.flatMap((x, k) => (isFloat(x.dtype) ? [k] : []))
  const mappedRule = recordClosed(
    (...own) => {
      const rest = own.slice(args.length).map((tensor): Batched => ({ tensor, batched: true }))
      const cts = batch(rule, [...outer, ...of(own.slice(0, args.length)), ...rest], size)
      // What all elements share has the sum of their cotangents.
      return cts.map((ct, k) => {
        const each = withBatch(ct, size)
        return batched[outside + (floats[k] as number)] ? each : sum(each, { axis: 0 })
      })
    },
    [...avalsOf(args), ...values, ...values],
  )
  const { custom, outside: together } = joined(mapped, mappedRule)
  return emit(custom, [...together, ...args])
}

defineRule('customVjp', {
  pullback: customPullback,
  pushforward: () => {
    throw new DerivativeError({
      summary: 'customVjp: forward accumulation through a function with only a pullback of its own.',
      expected: 'reverse accumulation',
      at: callerLocation(),
      fix: 'give its rule with customJvp, which serves both directions',
    })
  },
  batch: customBatch,
})
