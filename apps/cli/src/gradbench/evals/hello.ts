import { grad, jit, square, type Tensor, tensor } from '@wengert/tape'
import { type Module, task } from '../task.js'

// f(x) = x² and f′(x) = 2x.
const value = jit((x: Tensor) => square(x))
const derivative = grad((x: Tensor) => square(x))

export const hello: Module = {
  square(input) {
    const x = tensor(input.number, { dtype: 'f64' })
    return task(() => value(x))
  },
  double(input) {
    const x = tensor(input.number, { dtype: 'f64' })
    return task(() => derivative(x))
  },
}
