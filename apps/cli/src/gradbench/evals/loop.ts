// Loops that are longer than what should be recorded at once, or whose length the values decide: JavaScript loops
// around compiled steps, differentiated step by step.
import {
  add,
  flatten,
  jit,
  jvp,
  OptionError,
  stack,
  type Tensor,
  type Tree,
  tensor,
  unflatten,
  vjp,
  zerosLike,
} from '@wengert/tape'
import type { Mode } from './mode.js'

type Tensors = Tree<Tensor>

/** A function of parameters that ends in a scalar. A carry goes from step to step. */
export interface Steps<P extends Tensors, C extends Tensors, X extends Tensors> {
  begin(params: P): C
  step(carry: C, params: P, x: X): C
  end(carry: C, params: P): Tensor
  /** Whether there are no more steps; default: when there is no more x. */
  ended?(carry: C): boolean
}

/** A value and its gradient. */
export interface Gradient<P> {
  readonly value: Tensor
  readonly gradient: P
}

/** What is compiled of a loop. */
export interface Loop<P, C, X> {
  /** The carry after the last step. */
  last(params: P, xs: Iterable<X>): C
  value(params: P, xs: Iterable<X>): Tensor
  /** The directional derivative by forward accumulation: tangents go along. */
  forward(params: P, tangents: P, xs: Iterable<X>): { value: Tensor; tangent: Tensor }
  /** The gradient by reverse accumulation: carries are kept, and each step is computed again to be pulled back. */
  reverse(params: P, xs: Iterable<X>): Gradient<P>
}

/** Compiles the parts of a loop. */
export function loop<P extends Tensors, C extends Tensors, X extends Tensors>(
  steps: Steps<P, C, X>,
): Loop<P, C, X> {
  const { ended = () => false } = steps
  const begin = jit((params: P) => steps.begin(params))
  const step = jit((carry: C, params: P, x: X) => steps.step(carry, params, x))
  const end = jit((carry: C, params: P) => steps.end(carry, params))

  const pushBegin = jit((params: P, dp: P) => both(jvp((p: P) => steps.begin(p), [params], [dp])))
  const pushStep = jit((carry: C, params: P, x: X, dc: C, dp: P) =>
    both(jvp((c: C, p: P) => steps.step(c, p, x), [carry, params], [dc, dp])),
  )
  const pushEnd = jit((carry: C, params: P, dc: C, dp: P) =>
    both(jvp((c: C, p: P) => steps.end(c, p), [carry, params], [dc, dp])),
  )

  const pullEnd = jit((carry: C, params: P) => {
    const { value, pullback } = vjp((c: C, p: P) => steps.end(c, p), carry, params)
    const [dc, dp] = pullback(zerosLike(value).add(1))
    return [dc, dp] as [C, P]
  })
  const pullStep = jit((carry: C, params: P, x: X, ct: C, sum: P) => {
    const [dc, dp] = vjp((c: C, p: P) => steps.step(c, p, x), carry, params).pullback(ct)
    return [dc, plus(sum, dp)] as [C, P]
  })
  const pullBegin = jit((params: P, ct: C, sum: P) => {
    const [dp] = vjp((p: P) => steps.begin(p), params).pullback(ct)
    return plus(sum, dp)
  })

  const last = (params: P, xs: Iterable<X>): C => {
    let carry = begin(params)
    for (const x of xs) {
      if (ended(carry)) break
      carry = step(carry, params, x)
    }
    return carry
  }

  return {
    last,
    value: (params, xs) => end(last(params, xs), params),
    forward(params, dp, xs) {
      let [carry, dc] = pushBegin(params, dp)
      for (const x of xs) {
        if (ended(carry)) break
        ;[carry, dc] = pushStep(carry, params, x, dc, dp)
      }
      const [value, tangent] = pushEnd(carry, params, dc, dp)
      return { value, tangent }
    },
    reverse(params, xs) {
      let carry = begin(params)
      const kept: [C, X][] = []
      for (const x of xs) {
        if (ended(carry)) break
        kept.push([carry, x])
        carry = step(carry, params, x)
      }
      let [ct, gradient] = pullEnd(carry, params)
      for (const [before, x] of kept.reverse()) [ct, gradient] = pullStep(before, params, x, ct, gradient)
      return { value: end(carry, params), gradient: pullBegin(params, ct, gradient) }
    },
  }
}

const MOST_STEPS = 10_000

/**
 * For a loop that goes on until the carry ends it.
 *
 * @throws {@link OptionError} if that does not happen.
 */
export function* forever(): Generator<readonly Tensor[]> {
  for (let step = 0; step < MOST_STEPS; step++) yield []
  throw endless('loop', MOST_STEPS)
}

/** What is thrown instead of going on for ever. */
export const endless = (what: string, rounds: number) =>
  new OptionError({
    summary: `The ${what} has not ended after ${rounds} rounds.`,
    expected: 'an input for which it does',
  })

/** Value and gradient of a loop in one tensor, by one accumulation or the other. */
export function slopes<C, X>(
  { forward, reverse }: Loop<Tensor, C, X>,
  mode: Mode,
  xs: () => Iterable<X>,
): (x: Tensor) => Gradient<Tensor> {
  if (mode === 'reverse') return x => reverse(x, xs())
  return x => {
    const directions = Array.from({ length: x.size }, (_, k) =>
      tensor(new Float64Array(x.size).fill(1, k, k + 1), { shape: x.shape }),
    )
    const pushed = directions.map(direction => forward(x, direction, xs()))
    return {
      value: pushed[0]!.value,
      gradient: stack(pushed.map(({ tangent }) => tangent)).reshape(x.shape),
    }
  }
}

const both = <T extends Tensors>({ value, tangent }: { value: T; tangent: T }): [T, T] => [value, tangent]

/** The sum of two trees, leaf by leaf. */
function plus<T extends Tensors>(a: T, b: T): T {
  const [{ leaves, structure }, others] = [flatten(a), flatten(b).leaves]
  return unflatten(
    structure,
    leaves.map((leaf, k) => add(leaf, others[k] as Tensor)),
  ) as T
}
