import { add, forLoop, mul, sin, square, sub, sum, type Tensor } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, inArena, type Suite } from './suite.js'

type State = { readonly q: Tensor; readonly v: Tensor }

/** A damped pendulum: q′ = v, v′ = −sin q − v/10. */
const slope = ({ q, v }: State): State => ({ q: v, v: sub(mul(v, -0.1), sin(q)) })

const along = ({ q, v }: State, h: number, by: State): State => ({
  q: add(q, mul(by.q, h)),
  v: add(v, mul(by.v, h)),
})

/** A step of Runge and Kutta's method of order 4. */
function step(state: State, h: number): State {
  const k1 = slope(state)
  const k2 = slope(along(state, h / 2, k1))
  const k3 = slope(along(state, h / 2, k2))
  const k4 = slope(along(state, h, k3))
  const total = (part: keyof State) => add(add(k1[part], k4[part]), mul(add(k2[part], k3[part]), 2))
  return along(state, h / 6, { q: total('q'), v: total('v') })
}

/** Σ y(10)² after so many steps. */
const pendulum: Objective = ({ q, v }, { steps }) => {
  const h = 10 / (steps as number)
  const last = forLoop(steps as number, (_, state: State) => step(state, h), {
    q: q as Tensor,
    v: v as Tensor,
  })
  return sum(add(square(last.q), square(last.v)))
}

const odeTask = (steps: number): Task => ({
  kind: 'ode',
  settings: { steps },
  arrays: {
    q: uniform([], 0.1, 1, { centre: 1, dtype: 'f64' }),
    v: uniform([], 0.1, 2, { centre: 0.5, dtype: 'f64' }),
  },
  by: ['q', 'v'],
  // Wide enough for engines of f32 alone.
  tolerance: 5e-3,
})

const PAGE = 65536

/** The adjoint of many steps of a solver, with all states and within the least memory. */
export const ode: Suite = {
  objectives: { ode: pendulum },
  contests: scale =>
    (scale === 'tiny' ? [20] : [10_000, 1_000_000]).map((steps): Contest => {
      const task = odeTask(steps)
      const least = inArena(task, '64 KiB', { memoryBytes: PAGE, orLeast: true })
      return {
        case: `${steps} steps`,
        entrants: [inArena(task), least],
        peers: steps > 10_000 ? null : task,
      }
    }),
}
