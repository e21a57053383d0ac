import {
  callerLocation,
  checkTensor,
  DTypeError,
  equal,
  formatAval,
  logicalAnd,
  mean,
  ShapeError,
  type Tensor,
  where,
} from '@wengert/tape'

/** Mean over all axes but the first: [rows, …] becomes [rows]. */
export const rowMeans = (x: Tensor): Tensor =>
  x.rank === 1 ? x : mean(x, { axis: x.shape.slice(1).map((_, k) => k + 1) })

/** Logarithms of probabilities, 0 for a class that is impossible and has no weight: 0 · −∞ is NaN. */
export const possible = (logs: Tensor, weights: Tensor): Tensor =>
  where(logicalAnd(equal(logs, Number.NEGATIVE_INFINITY), equal(weights, 0)), 0, logs)

/** @throws ShapeError unless both have one shape with a first axis; DTypeError unless both have one dtype. */
export function checkAlike(loss: string, x: Tensor, y: Tensor): void {
  checkTensor(loss, 'the first argument', x)
  checkTensor(loss, 'the second argument', y)
  const avals = `${formatAval(x.aval)}, ${formatAval(y.aval)}`
  if (x.rank === 0 || x.shape.join() !== y.shape.join()) {
    throw new ShapeError({
      summary: `${loss}: shapes differ: ${avals}.`,
      expected: 'the same shape, with a first axis of rows',
      at: callerLocation(),
      fix: 'reshape one of them',
    })
  }
  if (x.dtype === y.dtype && (x.dtype === 'f32' || x.dtype === 'f64')) return
  throw new DTypeError({
    summary: `${loss}: dtypes do not fit: ${avals}.`,
    expected: 'both f32 or both f64',
    at: callerLocation(),
    fix: `convert one with .convert('${x.dtype === 'f64' ? 'f64' : 'f32'}')`,
  })
}
