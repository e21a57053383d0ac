import {
  abs,
  add,
  clip,
  convert,
  cummax,
  cummin,
  elu,
  equal,
  greater,
  greaterEqual,
  leakyRelu,
  less,
  lessEqual,
  max,
  maximum,
  maxPool2d,
  min,
  minimum,
  notEqual,
  oneHot,
  relu,
  relu6,
  reshape,
  selu,
  sign,
  sort,
  stopGradient,
  topK,
  where,
} from '@wengert/tape'
import { along, type Build, binary, entry, reduction, SIZE, sharesShape, unary } from './entry.js'

/** Ops of which finite differences may say something else than their derivative does. */
export const kinked: Readonly<Record<string, Build>> = {
  stopGradient: unary(stopGradient, b => b),
  relu: unary(relu, b => b),
  abs: unary(abs, b => b),
  relu6: unary(relu6, b => b),
  leakyRelu: unary(leakyRelu, b => b),
  elu: unary(elu, b => b),
  selu: unary(selu, b => 2 * b),
  clip: unary(
    x => clip(x, -1, 1),
    () => 1,
  ),
  sign: unary(sign, () => 1),
  sort: along(
    (x, { axis }) => sort(x, { axis }),
    b => b,
  ),
  sortDown: along(
    (x, { axis }) => sort(x, { axis, descending: true }),
    b => b,
  ),
  topK: along(
    (x, { axis }) => topK(x, 1, { axis }).values,
    b => b,
  ),
  cummax: along(cummax, b => b),
  cummin: along(
    (x, { axis }) => cummin(x, { axis, reverse: true }),
    b => b,
  ),
  maximum: binary(maximum, Math.max),
  minimum: binary(minimum, Math.max),
  max: reduction(max, b => b),
  min: reduction(min, b => b),
  compare: binary(
    (x, y) => convert(greater(x, y), 'f64'),
    () => 1,
  ),
  equal: binary(
    (x, y) => convert(equal(x, y), 'f64'),
    () => 1,
  ),
  notEqual: binary(
    (x, y) => convert(notEqual(x, y), 'f64'),
    () => 1,
  ),
  where: (a, b, choice, c) => {
    const compare = [less, lessEqual, greater, greaterEqual][choice % 4] as typeof less
    const condition = compare(c.x, 0.1)
    if (!sharesShape(a.x, b.x)) return undefined
    const chosen = sharesShape(c.x, add(a.x, b.x))
      ? where(condition, a.x, b.x)
      : where(less(a.x, b.x), a.x, b.x)
    return entry(chosen, Math.max(a.bound, b.bound))
  },
  oneHot: a => (a.x.size * 3 <= SIZE ? entry(oneHot(convert(a.x, 'i32'), 3, 'f64'), 1) : undefined),
  maxPool2d: (a, _b, choice) => {
    if (a.x.rank !== 2 || a.x.size === 0) return undefined
    const [height, width] = a.x.shape as [number, number]
    const window = [Math.min(2, height), Math.min(2, width)] as const
    const options = { stride: (choice % 2) + 1, padding: choice % 3 === 0 ? 'same' : 'valid' } as const
    const out = maxPool2d(reshape(a.x, [1, height, width, 1]), window, options)
    return entry(reshape(out, out.shape.slice(1, 3)), a.bound)
  },
}
