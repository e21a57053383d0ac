import {
  concat,
  cumprod,
  cumsum,
  diag,
  expandDims,
  flip,
  linearRecurrence,
  matmul,
  pad,
  prod,
  repeat,
  roll,
  scatterAdd,
  segmentSum,
  sin,
  slice,
  split,
  squeeze,
  stack,
  type Tensor,
  take,
  takeAlongAxis,
  tanh,
  tensor,
  tile,
  trace,
  transpose,
  tril,
  triu,
  variance,
} from '@wengert/tape'
import { axisOf, type Build, type Entry, entry, reduction, SIZE } from './entry.js'

/** An op along an axis of an operand that has one, and elements. */
const onAxis =
  (op: (x: Tensor, axis: number, choice: number) => Tensor, bound: (b: number, n: number) => number): Build =>
  (a, _b, choice) => {
    const axis = axisOf(a, choice)
    if (axis === undefined || a.x.size === 0) return undefined
    const x = op(a.x, axis, choice)
    return x.size <= SIZE ? entry(x, bound(a.bound, a.x.shape[axis] as number)) : undefined
  }

const same = (b: number) => b
const indices = (count: number, length: number, choice: number) =>
  tensor(
    Array.from({ length: count }, (_, k) => ((choice + 1) * (k + 1)) % length),
    { dtype: 'i32', shape: [count] },
  )

/** A matrix made of an operand, however many axes it has. */
const matrix = ({ x }: Entry): Tensor | undefined => {
  if (x.rank < 2 || x.size === 0) return undefined
  return x.reshape([-1, x.shape.at(-1) as number])
}

const onMatrix =
  (op: (x: Tensor, k: number) => Tensor, bound: (b: number, n: number) => number): Build =>
  (a, _b, choice) => {
    const x = matrix(a)
    return x && entry(op(x, (choice % 3) - 1), bound(a.bound, Math.min(...x.shape)))
  }

/** Ops that move, choose, join and accumulate elements, all smooth. */
export const arranging: Readonly<Record<string, Build>> = {
  flip: (a, _b, choice) => entry(choice % 2 ? flip(a.x) : flip(a.x, axes(a, choice)), a.bound),
  roll: onAxis((x, axis, choice) => roll(x, (choice % 5) - 2, { axis }), same),
  tile: (a, _b, choice) =>
    a.x.size * 3 <= SIZE
      ? entry(
          tile(
            a.x,
            a.x.shape.map((_, k) => 1 + ((choice + k) % 2)),
          ),
          a.bound,
        )
      : undefined,
  repeat: onAxis((x, axis, choice) => repeat(x, 1 + (choice % 2), { axis }), same),
  pad: (a, _b, choice) => {
    if (a.x.rank === 0 || a.x.size === 0) return undefined
    const mode = (['constant', 'edge', 'reflect'] as const)[choice % 3] as 'edge'
    const widths = a.x.shape.map(
      (n, k) => [Math.min(choice % 2, n - 1), k === 0 ? Math.min(1, n - 1) : 0] as const,
    )
    const x = pad(a.x, widths, { mode })
    return x.size <= SIZE ? entry(x, a.bound) : undefined
  },
  split: onAxis(
    (x, axis, choice) => split(x, [choice % (x.shape[axis] as number)], { axis })[1] as Tensor,
    same,
  ),
  concat: (a, b, choice) => {
    const axis = axisOf(a, choice)
    if (axis === undefined || a.x.size === 0) return undefined
    const fits = a.x.rank === b.x.rank && a.x.shape.every((n, k) => k === axis || n === b.x.shape[k])
    const other = fits ? b : entry(sin(a.x), 1)
    const x = concat([a.x, other.x, a.x], { axis })
    return x.size <= SIZE ? entry(x, Math.max(a.bound, other.bound)) : undefined
  },
  stack: (a, b, choice) => {
    if (a.x.size * 2 > SIZE || a.x.rank > 3) return undefined
    const other = a.x.shape.join() === b.x.shape.join() ? b : entry(tanh(a.x), 1)
    const axis = choice % (a.x.rank + 1)
    return entry(stack([a.x, other.x], { axis }), Math.max(a.bound, other.bound))
  },
  expandDims: (a, _b, choice) =>
    a.x.rank > 3 ? undefined : entry(expandDims(a.x, choice % (a.x.rank + 1)), a.bound),
  squeeze: a => entry(squeeze(a.x), a.bound),
  stepBack: onAxis((x, axis, choice) => {
    const starts = x.shape.map((n, k) => (k === axis && n > 1 ? choice % 2 : 0))
    const steps = x.shape.map((_, k) => (k === axis ? 2 : 1))
    return slice(x, starts, [...x.shape], steps)
  }, same),
  take: onAxis(
    (x, axis, choice) => take(x, indices(1 + (choice % 3), x.shape[axis] as number, choice), { axis }),
    same,
  ),
  takeAlongAxis: onAxis((x, axis, choice) => {
    const length = x.shape[axis] as number
    const places = Array.from({ length: x.size }, (_, k) => (k * 7 + choice) % length)
    return takeAlongAxis(x, tensor(places, { dtype: 'i32', shape: [...x.shape] }), { axis })
  }, same),
  scatterAdd: onAxis(
    (x, axis, choice) => {
      const rows = take(sin(x), indices(2, x.shape[axis] as number, choice + 1), { axis })
      return scatterAdd(x, indices(2, x.shape[axis] as number, choice), rows, { axis })
    },
    b => b + 2,
  ),
  segmentSum: (a, _b, choice) => {
    if (a.x.rank === 0 || a.x.size === 0) return undefined
    const rows = a.x.shape[0] as number
    return entry(segmentSum(a.x, indices(rows, 3, choice), 3), rows * a.bound)
  },
  tril: onMatrix(tril, same),
  triu: onMatrix(triu, same),
  diag: onMatrix(diag, same),
  trace: onMatrix(trace, (b, n) => b * n),
  diagonal: (a, _b, choice) =>
    a.x.rank === 1 && a.x.size < 6 ? entry(diag(a.x, choice % 2), a.bound) : undefined,
  cumsum: onAxis(
    (x, axis, choice) => cumsum(x, { axis, reverse: choice % 3 === 0 }),
    (b, n) => b * n,
  ),
  cumprod: onAxis(
    (x, axis, choice) => cumprod(sin(x), { axis, reverse: choice % 3 === 0 }),
    () => 1,
  ),
  linearRecurrence: (a, b, choice) => {
    const axis = axisOf(a, choice)
    if (axis === undefined || a.x.size === 0) return undefined
    const factor = a.x.shape.join() === b.x.shape.join() ? sin(b.x) : sin(a.x)
    const bound = a.bound * (a.x.shape[axis] as number)
    return entry(linearRecurrence(factor, a.x, { axis, reverse: choice % 3 === 0 }), bound)
  },
  prod: reduction(
    (x, options) => prod(tanh(x), options),
    () => 1,
  ),
  variance: reduction(variance, b => b * b),
  batchedMatmul: a => {
    if (a.x.rank !== 3 || a.x.size === 0) return undefined
    const rows = a.x.shape[1] as number
    if ((a.x.size / (a.x.shape[2] as number)) * rows > SIZE) return undefined
    return entry(matmul(a.x, transpose(sin(a.x), [0, 2, 1])), a.bound * (a.x.shape[2] as number))
  },
}

const axes = (a: Entry, choice: number) => {
  const axis = axisOf(a, choice)
  return axis === undefined ? {} : { axis }
}
