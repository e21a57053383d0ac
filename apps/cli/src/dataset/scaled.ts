import type { Cells } from './cells.js'

/**
 * The features, all columns but one, scaled to [0, 1] by their range over some rows; other rows may lie outside.
 * A feature without a range becomes 0.
 */
export function scaled(cells: Cells, label: number, rows: Int32Array): Float32Array<ArrayBuffer> {
  const features = cells.columns - 1
  const data = new Float32Array(cells.rows * features)
  for (let feature = 0; feature < features; feature++) {
    const column = feature < label ? feature : feature + 1
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const row of rows) {
      least = Math.min(least, cells.at(row, column))
      most = Math.max(most, cells.at(row, column))
    }
    // Halves, so that the range of two opposite large numbers is finite.
    const range = most / 2 - least / 2
    if (range === 0) continue
    for (let row = 0; row < cells.rows; row++) {
      data[row * features + feature] = (cells.at(row, column) / 2 - least / 2) / range
    }
  }
  return data
}
