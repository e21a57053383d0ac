import type { Tensor } from '../record/index.js'
import { div } from './arithmetic.js'
import { equal } from './comparison.js'
import { where } from './where.js'

/** x / r, and 0 where r is 0, of any order: the direction of a vector of length r. */
export const direction = (x: Tensor, r: Tensor): Tensor => {
  const zero = equal(r, 0)
  return where(zero, 0, div(x, where(zero, 1, r)))
}
