// The multivariate minimiser of GradBench's `particle` and `saddle`: gradient descent whose rate doubles after ten
// steps that succeed, and halves after one that does not.
import {
  add,
  equal,
  jit,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  norm,
  type Tensor,
  tensor,
  where,
} from '@wengert/tape'
import { endless } from './loop.js'

/** A value with its gradient. */
type Slope = { readonly value: Tensor; readonly gradient: Tensor }

/** Where the descent is. */
export type Descent = Slope & {
  readonly x: Tensor
  /** η */
  readonly rate: Tensor
  /** Steps that succeeded with this rate. */
  readonly successes: Tensor
  readonly done: Tensor
}

const NEAR = 1e-5

/** Before the first step. */
export const descentFrom = (x: Tensor, slope: Slope): Descent => ({
  ...slope,
  x,
  rate: tensor(1e-5, { dtype: 'f64' }),
  successes: tensor(0, { dtype: 'i32' }),
  done: tensor(false),
})

/** Where the next round tries. */
const ahead = ({ x, gradient, rate }: Descent): Tensor => x.sub(gradient.mul(rate))

/** What a round comes to that tried `next`; nothing changes any more once the descent is done. */
function settled(before: Descent, next: Tensor, there: Slope): Descent {
  const { x, value, gradient, rate, successes } = before
  const grow = equal(successes, 10)
  const arrived = logicalAnd(logicalNot(grow), lessEqual(norm(next.sub(x)), NEAR))
  const done = logicalOr(before.done, logicalOr(lessEqual(norm(gradient), NEAR), arrived))
  const tries = logicalNot(logicalOr(done, grow))
  const moves = logicalAnd(tries, less(there.value, value))
  const changed = where(grow, rate.mul(2), where(moves, rate, rate.div(2)))
  return {
    x: where(moves, next, x),
    value: where(moves, there.value, value),
    gradient: where(moves, there.gradient, gradient),
    rate: where(done, rate, changed),
    successes: where(done, successes, where(moves, add(successes, 1), 0)),
    done,
  }
}

/** One round, for an f that is recorded with it. */
export function descend(at: (x: Tensor) => Slope, before: Descent): Descent {
  const next = ahead(before)
  return settled(before, next, at(next))
}

const [compiledAhead, compiledSettled] = [jit(ahead), jit(settled)]

const MOST_ROUNDS = 100_000

/** argmin f, for an f that is computed, not recorded. */
export function argmin(at: (x: Tensor) => Slope, start: Tensor): Tensor {
  let descent = descentFrom(start, at(start))
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (descent.done.item()) return descent.x
    const next = compiledAhead(descent)
    descent = compiledSettled(descent, next, at(next))
  }
  throw endless('descent', MOST_ROUNDS)
}
