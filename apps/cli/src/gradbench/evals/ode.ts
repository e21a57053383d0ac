// An ordinary differential equation, by the classical Runge-Kutta method.
import { concat, forLoop, grad, jit, type Tensor, tensor } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

const one = tensor(Float64Array.of(1))

/** y₀′ = x₀ and yᵢ′ = xᵢ · yᵢ₋₁. */
const derivative = (x: Tensor, y: Tensor): Tensor => x.mul(concat([one, y.slice([0], [y.size - 1])]))

/** y(2) from y(0) = 0, in s steps of h = 2 / s. */
function solve(x: Tensor, s: number): Tensor {
  const h = 2 / s
  const step = (y: Tensor) => {
    const k1 = derivative(x, y)
    const k2 = derivative(x, y.add(k1.mul(h / 2)))
    const k3 = derivative(x, y.add(k2.mul(h / 2)))
    const k4 = derivative(x, y.add(k3.mul(h)))
    return y.add(
      k1
        .add(k2.mul(2))
        .add(k3.mul(2))
        .add(k4)
        .mul(h / 6),
    )
  }
  return forLoop(s, (_, y) => step(y), x.zerosLike())
}

/** More take minutes. */
const MOST_STEPS = 10_000_000

const read = (input: Input): [Tensor, number] => [
  input.at('x').tensor(-1),
  input.at('s').whole(1, MOST_STEPS + 1),
]

export const ode: Module = {
  primal(input) {
    const [x, s] = read(input)
    const primal = jit((x: Tensor) => solve(x, s))
    return task(() => primal(x))
  },
  /** Of the last element of y(2). */
  gradient(input) {
    const [x, s] = read(input)
    const gradient = grad((x: Tensor) => solve(x, s).at(-1))
    return task(() => gradient(x))
  },
}
