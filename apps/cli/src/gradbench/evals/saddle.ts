// A saddle point by gradient descent in gradient descent (Pearlmutter & Siskind 2008).
import { concat, square, sum, type Tensor } from '@wengert/tape'
import { type Module, type Prepare, task } from '../task.js'
import { argmin, type Descent, descend, descentFrom } from './descent.js'
import { forever, loop, slopes } from './loop.js'
import { gradientBy, type Mode } from './mode.js'

/** f(x, y) = ‖x‖² − ‖y‖² */
const f = (x: Tensor, y: Tensor): Tensor => sum(square(x)).sub(sum(square(y)))

/** Rounds of the descent that are recorded together. */
const ROUNDS = 16

/** max over y of f(x, y), from a start, as a function of x. */
function highest(start: Tensor, mode: Mode) {
  const at = (x: Tensor) => (y: Tensor) => {
    const depth = (y: Tensor) => f(x, y).neg()
    return { value: depth(y), gradient: gradientBy[mode](depth)(y) }
  }
  return loop({
    begin: (x: Tensor): Descent => descentFrom(start, at(x)(start)),
    step(descent: Descent, x: Tensor, _: readonly Tensor[]): Descent {
      let next = descent
      for (let round = 0; round < ROUNDS; round++) next = descend(at(x), next)
      return next
    },
    ended: ({ done }) => done.item() === 1,
    end: ({ x: y }, x) => f(x, y),
  })
}

/** argmin over x of max over y of f(x, y), and then argmax over y there; both descents are from the same start. */
const saddle =
  (outer: Mode, inner: Mode): Prepare =>
  input => {
    const start = input.at('start').tensor(2)
    const [heights, last] = [highest(start, inner), highest(start, outer)]
    return task(() => {
      const x = argmin(slopes(heights, outer, forever), start)
      return concat([x, last.last(x, forever()).x])
    })
  }

export const saddles: Module = {
  ff: saddle('forward', 'forward'),
  fr: saddle('forward', 'reverse'),
  rf: saddle('reverse', 'forward'),
  rr: saddle('reverse', 'reverse'),
}
