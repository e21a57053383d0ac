import { scalarLike, type Tensor } from '../record/index.js'
import { equal } from './comparison.js'
import { pow, sqrt } from './power.js'
import { where } from './where.js'

/** √x, or another root, whose derivative at 0 is 0, where that of roots is infinite. */
export function safeRoot(x: Tensor, degree = 2): Tensor {
  const atZero = equal(x, 0)
  const inside = where(atZero, scalarLike(x, 1), x)
  return where(atZero, scalarLike(x, 0), degree === 2 ? sqrt(inside) : pow(inside, 1 / degree))
}
