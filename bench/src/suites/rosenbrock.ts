import { add, mul, square, sub, sum, type Tensor } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { called, inPlace, type Suite } from './suite.js'

/** Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² (Rosenbrock 1960, in many dimensions). */
const valley: Objective = ({ x }) => {
  const point = x as Tensor
  const n = point.size
  const [here, next] = [point.slice([0], [n - 1]), point.slice([1], [n])]
  return sum(add(mul(square(sub(next, square(here))), 100), square(sub(1, here))))
}

/** The gradient of Rosenbrock's function. */
export const rosenbrock: Suite = {
  objectives: { rosenbrock: valley },
  contests(scale) {
    const size = scale === 'tiny' ? 6 : 1000
    const task: Task = {
      kind: 'rosenbrock',
      settings: {},
      arrays: { x: uniform([size], 1, 1) },
      by: ['x'],
      tolerance: 1e-4,
    }
    return [{ case: `${size} dimensions`, entrants: [called(task), inPlace(task)], peers: task }]
  },
}
