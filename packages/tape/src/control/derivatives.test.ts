/** Derivatives of derivatives of loops, against the same steps written out. */
import { expect, test } from 'vitest'
import { forLoop, grad, linearize, type Tensor, tensor, vjp } from '../index.js'

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })

const step = (y: Tensor, x: Tensor) => y.mul(y).add(x)
const looped = (x: Tensor) => forLoop(4, (_, y: Tensor) => step(y, x), x)
const unrolled = (x: Tensor) => [1, 2, 3, 4].reduce(y => step(y, x), x)

test('computed at once, operation by operation', () => {
  const along = (f: typeof looped) => linearize(grad(f), f64(0.3)).pushforward(f64(1)).item() as number
  const back = (f: typeof looped) => vjp(grad(f), f64(0.3)).pullback(f64(1))[0]?.item() as number
  expect(along(looped)).toBeCloseTo(along(unrolled), 11)
  expect(back(looped)).toBeCloseTo(along(unrolled), 11)
})
