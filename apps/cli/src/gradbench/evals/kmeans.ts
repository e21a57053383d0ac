// k-means clustering by Newton's method (Bottou & Bengio 1994).
import { argmin, grad, jit, jvp, matmul, square, sum, type Tensor, take, transpose } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/**
 * f(P, C) = Σᵢ minⱼ ‖Cⱼ − Pᵢ‖². The nearest centroid is searched first, among ‖Cⱼ‖² − 2 Cⱼ·Pᵢ (for ‖Pᵢ‖² is the
 * same for all), so that derivatives flow through one distance for each point.
 */
function cost(C: Tensor, P: Tensor): Tensor {
  const distances = matmul(P, transpose(C.mul(-2))).add(sum(square(C), { axis: 1 }))
  const nearest = take(C, argmin(distances, { axis: 1 }))
  return sum(square(nearest.sub(P)))
}

/** J / H: the Hessian is diagonal, so its product with ones is its diagonal. */
function newtonDirection(C: Tensor, P: Tensor): Tensor {
  const gradient = grad((C: Tensor) => cost(C, P))
  const { value: J, tangent: H } = jvp(gradient, [C], [C.zerosLike().add(1)])
  return J.div(H)
}

const primal = jit(cost)
const direction = jit(newtonDirection)

function read(input: Input): [Tensor, Tensor] {
  const P = input.at('points').tensor(-1, -1)
  return [input.at('centroids').tensor(-1, P.shape[1] as number), P]
}

export const kmeans: Module = {
  cost(input) {
    const [C, P] = read(input)
    return task(() => primal(C, P))
  },
  dir(input) {
    const [C, P] = read(input)
    return task(() => direction(C, P))
  },
}
