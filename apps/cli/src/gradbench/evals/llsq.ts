// Linear least squares: a polynomial that is fitted to the sign function.
import { grad, jit, type Tensor, tensor } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/**
 * y(x) = ½ Σᵢ (sign tᵢ − Σⱼ xⱼ tᵢʲ)² with tᵢ = −1 + 2i / (n − 1).
 *
 * @param i 0, 1, …, n − 1
 */
function y(x: Tensor, i: Tensor): Tensor {
  const t = i
    .mul(2)
    .div(i.size - 1)
    .sub(1)
  return t.sign().sub(polynomial(x, t)).square().sum().div(2)
}

/** Σⱼ xⱼ tʲ, by Horner's rule for all t at once. */
function polynomial(x: Tensor, t: Tensor): Tensor {
  let p = x.at(-1)
  for (let j = x.size - 2; j >= 0; j--) p = p.mul(t).add(x.at(j))
  return p
}

const primal = jit(y)
const gradient = grad(y)

function read(input: Input): [Tensor, Tensor] {
  const i = new Float64Array(input.at('n').whole(2)).map((_, i) => i)
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
