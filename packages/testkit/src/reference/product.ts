import { reshape } from './movement.js'
import { broadcastShape, build, type Plain, read, readBroadcast } from './plain.js'

/** The instruction `matmul`: op(x)·op(w) of matrices, or of equally many matrices along a first axis. */
export function product(x: Plain, w: Plain, transposeX: boolean, transposeW: boolean): Plain {
  const turned = (a: Plain, batch: readonly number[], row: number, column: number, transposed: boolean) => {
    const [r, c] = transposed ? [column, row] : [row, column]
    return read(a, a.shape.length === 3 ? [...batch, r, c] : [r, c])
  }
  const [rows, inner] = x.shape.slice(-2) as [number, number]
  const [m, k] = transposeX ? [inner, rows] : [rows, inner]
  const n = w.shape.at(transposeW ? -2 : -1) as number
  const batch = [x, w].find(a => a.shape.length === 3)?.shape.slice(0, 1) ?? []
  return build(x.dtype, [...batch, m, n], index => {
    const outer = index.slice(0, batch.length)
    const [i, j] = index.slice(-2) as [number, number]
    let total = 0
    for (let p = 0; p < k; p++)
      total += turned(x, outer, i, p, transposeX) * turned(w, outer, p, j, transposeW)
    return total
  })
}

/** The function `matmul`: vectors are a row on the left and a column on the right, leading axes broadcast. */
export function matmul(x: Plain, w: Plain): Plain {
  const row = x.shape.length === 1
  const column = w.shape.length === 1
  const out = matrices(
    row ? reshape(x, [1, x.values.length]) : x,
    column ? reshape(w, [w.values.length, 1]) : w,
  )
  const batch = out.shape.slice(0, -2)
  const [m, n] = out.shape.slice(-2) as [number, number]
  return reshape(out, [...batch, ...(row ? [] : [m]), ...(column ? [] : [n])])
}

/** Products of the matrices in the last two axes. */
function matrices(x: Plain, w: Plain): Plain {
  const [m, k] = x.shape.slice(-2) as [number, number]
  const n = w.shape.at(-1) as number
  const batch = broadcastShape([x.shape.slice(0, -2), w.shape.slice(0, -2)])
  return build(x.dtype, [...batch, m, n], index => {
    const outer = index.slice(0, -2)
    const [i, j] = index.slice(-2) as [number, number]
    let total = 0
    for (let p = 0; p < k; p++)
      total += readBroadcast(x, [...outer, i, p]) * readBroadcast(w, [...outer, p, j])
    return total
  })
}
