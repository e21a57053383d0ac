import { expect, test } from 'vitest'
import { grad, matmul, type Tensor, tensor, transpose } from '../index.js'
import { PAGE_BYTES } from '../run/index.js'

const bits = (x: Tensor) => new Uint8Array(x.toTypedArray().buffer)

const numbers = (shape: readonly number[], scale: number, phase: number) => {
  const length = shape.reduce((size, extent) => size * extent, 1)
  return tensor(
    Float32Array.from({ length }, (_, k) => scale * (0.3 + Math.abs(Math.sin(phase + k * 12.9898)))),
    { shape },
  )
}

/** Products of transposed operands whose terms are below the smallest normal number. */
const [SMALL, FACTOR] = [1e-30, 3e-11]
const loss = (w: Tensor, y0: Tensor) => {
  let y = y0
  for (let k = 0; k < 8; k++) {
    const a = y
      .mul(
        y
          .mul(1 / SMALL)
          .sin()
          .add(2),
      )
      .mul(0.5)
    const p = matmul(transpose(a), w)
      .mul(1e8 / SMALL)
      .mul(10)
    y = y.mul(0.6).add(matmul(w.mul(1e10), transpose(p.sin())).mul(SMALL * 0.1))
  }
  return y
    .mul(1 / SMALL)
    .square()
    .sum()
}

test('products with subnormal terms have the same bits as they are recorded and as they are planned', () => {
  const [w, y] = [numbers([64, 10], FACTOR, 3.4), numbers([64, 400], SMALL, 1.7)]
  const first = matmul(transpose(y), w).toTypedArray()
  expect(first.every(value => value > 0 && value < 2 ** -126)).toBe(true)
  const want = bits(grad(loss)(w, y))
  expect(bits(grad(loss, { dynamic: true })(w, y))).toEqual(want)
  // Part of the path is computed while it is recorded.
  for (const pages of [13, 15])
    expect(bits(grad(loss, { dynamic: true, memory: pages * PAGE_BYTES })(w, y))).toEqual(want)
})
