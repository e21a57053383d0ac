import { describe, expect, it } from 'vitest'
import {
  BudgetError,
  bernoulli,
  dynamicSlice,
  dynamicUpdateSlice,
  foldIn,
  forLoop,
  grad,
  normal,
  randomKey,
  reshape,
  sum,
  type Tensor,
  tanh,
  tensor,
  vmap,
  where,
} from '../index.js'

const key = randomKey(2011)
const numbers = (x: Tensor) => Array.from(x.toTypedArray())
const start = tensor(Float64Array.from({ length: 9 }, (_, k) => (k - 4) / 5))

/** A step of a noisy recurrence, which draws by its number alone. */
function step(index: Tensor | number, x: Tensor): Tensor {
  const own = foldIn(key, index)
  const kept = bernoulli(foldIn(own, 0), 0.7, x.shape)
  return tanh(where(kept, x.mul(1.3), 0).add(normal(foldIn(own, 1), x.shape, { dtype: 'f64' })))
}

const looped = (x: Tensor) => sum(forLoop(6, step, x).square())
const written = (x: Tensor) => sum([0, 1, 2, 3, 4, 5].reduce((state, k) => step(k, state), x).square())

describe('a loop that draws by its index', () => {
  it('gives what its steps written out give, and so does its gradient', () => {
    expect(looped(start).item()).toBe(written(start).item())
    expect(numbers(grad(looped)(start))).toEqual(numbers(grad(written)(start)))
  })

  it('gives the same bits within the fewest bytes', () => {
    const least = (() => {
      try {
        grad(looped, { memory: 1 })(start)
      } catch (error) {
        if (error instanceof BudgetError) return error.leastBytes
        throw error
      }
      throw new Error('One byte was enough.')
    })()
    expect(numbers(grad(looped, { memory: least })(start))).toEqual(numbers(grad(looped)(start)))
  })

  it('draws for each element of a batch by its own key', () => {
    const walk = (own: Tensor) => forLoop(4, (k, x) => x.add(normal(foldIn(own, k), [3])), tensor([0, 0, 0]))
    const keys = foldIn(key, tensor([3, 1, 4], { dtype: 'i32' }))
    const single = [3, 1, 4].flatMap(index => numbers(walk(foldIn(key, index))))
    expect(numbers(vmap(walk)(keys))).toEqual(single)
  })
})

it('a loop reads and writes windows by its index', () => {
  const squares = (x: Tensor) =>
    forLoop(
      x.size,
      (k, out) => {
        const own = dynamicSlice(x, [k], [1])
        return dynamicUpdateSlice(out, own.mul(own), [k])
      },
      tensor(new Float64Array(x.size)),
    )
  expect(numbers(squares(start))).toEqual(numbers(start.mul(start)))
  expect(numbers(grad((x: Tensor) => sum(squares(x)))(start))).toEqual(numbers(start.mul(2)))
  expect(numbers(vmap(squares)(reshape(start, [3, 3])))).toEqual(numbers(start.mul(start)))
})
