// log Σ exp(x).
import { exp, grad, jit, log, max, stopGradient, sum, type Tensor } from '@wengert/tape'
import { type Module, task } from '../task.js'

/** LSE(x) = a + log Σᵢ exp(xᵢ − a). It is the same for every a, so a = max x, which cannot overflow, is a constant. */
function logSumExp(x: Tensor): Tensor {
  const a = stopGradient(max(x))
  return log(sum(exp(x.sub(a)))).add(a)
}

const primal = jit(logSumExp)
const gradient = grad(logSumExp)

export const lse: Module = {
  primal(input) {
    const x = input.at('x').tensor(-1)
    return task(() => primal(x))
  },
  gradient(input) {
    const x = input.at('x').tensor(-1)
    return task(() => gradient(x))
  },
}
