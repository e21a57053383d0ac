// Linear least squares: a polynomial that is fitted to the sign function.
import { concat, cumprod, grad, jit, matmul, type Tensor, tensor } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/**
 * y(x) = ½ Σᵢ (sign tᵢ − Σⱼ xⱼ tᵢʲ)² with tᵢ = −1 + 2i / (n − 1).
 *
 * @param x f64[m], m ≥ 2
 * @param i 0, 1, …, n − 1
 */
function y(x: Tensor, i: Tensor): Tensor {
  const t = i
    .mul(2)
    .div(i.size - 1)
    .sub(1)
  return t
    .sign()
    .sub(matmul(powers(t, x.size), x))
    .square()
    .sum()
    .div(2)
}

/** 1, t, t², … as columns. */
function powers(t: Tensor, count: number): Tensor {
  const column = t.reshape([-1, 1])
  const one = column.zerosLike().add(1)
  return cumprod(concat([one, column.broadcastTo([t.size, count - 1])], { axis: 1 }), { axis: 1 })
}

const primal = jit(y)
const gradient = grad(y)

function read(input: Input): [Tensor, Tensor] {
  const i = Float64Array.from({ length: input.at('n').whole(2) }, (_, i) => i)
  return [input.at('x').tensor(-1), tensor(i)]
}

export const llsq: Module = {
  primal(input) {
    const [x, i] = read(input)
    return task(() => primal(x, i))
  },
  gradient(input) {
    const [x, i] = read(input)
    return task(() => gradient(x, i))
  },
}
