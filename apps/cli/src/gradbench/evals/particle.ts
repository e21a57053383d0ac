// A charged particle whose path is bent by two charges, one of which is moved until the path meets the origin
// (Pearlmutter & Siskind 2008).
import { dataOf, lessEqual, norm, square, stack, type Tensor, tensor, where } from '@wengert/tape'
import { type Module, type Prepare, task } from '../task.js'
import { argmin } from './descent.js'
import { forever, loop, slopes } from './loop.js'
import { gradientBy, type Mode } from './mode.js'

type Motion = { readonly x: Tensor; readonly v: Tensor }

const f64 = (values: number | number[]): Tensor => tensor(values, { dtype: 'f64' })

/** p(x; w) = 1 / ‖x − (10, 10 − w)‖ + 1 / ‖x − (10, 0)‖ */
function potential(x: Tensor, w: Tensor): Tensor {
  const charges = [stack([f64(10), w.neg().add(10)]), f64([10, 0])]
  return charges.map(charge => norm(x.sub(charge)).reciprocal()).reduce((p, one) => p.add(one))
}

const dt = 0.1

/** Steps of Euler's method that are recorded together. */
const STEPS = 16

/** Euler's method until the particle crosses the axis, and then x₀² there; ∇p is by the given mode. */
const crossing = (mode: Mode) =>
  loop({
    begin: (_w: Tensor): Motion => ({ x: f64([0, 8]), v: f64([0.75, 0]) }),
    step(motion: Motion, w: Tensor, _: readonly Tensor[]): Motion {
      const slope = gradientBy[mode]((x: Tensor) => potential(x, w))
      let { x, v } = motion
      for (let k = 0; k < STEPS; k++) {
        const a = slope(x).neg()
        x = where(lessEqual(x.at(1), 0), x, x.add(v.mul(dt)))
        v = where(lessEqual(x.at(1), 0), v, v.add(a.mul(dt)))
      }
      return { x, v }
    },
    ended: ({ x }) => dataOf(x)[1]! <= 0,
    // The line of the last step meets the axis after −x₁ / v₁.
    end: ({ x, v }) => square(x.at(0).sub(v.at(0).mul(x.at(1).div(v.at(1))))),
  })

/** argmin over w of x₀² at the crossing; the first mode is that of its gradient, the second that of ∇p. */
const particle =
  (outer: Mode, inner: Mode): Prepare =>
  input => {
    const w = f64(input.at('w').number)
    const at = slopes(crossing(inner), outer, forever)
    return task(() => argmin(at, w))
  }

export const particles: Module = {
  ff: particle('forward', 'forward'),
  fr: particle('forward', 'reverse'),
  rf: particle('reverse', 'forward'),
  rr: particle('reverse', 'reverse'),
}
