import {
  add,
  asinh,
  at,
  atan,
  atan2,
  averagePool2d,
  broadcastTo,
  conv1d,
  conv2d,
  cos,
  div,
  erf,
  erfc,
  exp,
  exp2,
  expm1,
  gelu,
  hypot,
  lerp,
  log,
  log1p,
  logSoftmax,
  logsumexp,
  matmul,
  mean,
  mish,
  mul,
  neg,
  norm,
  pow,
  reshape,
  rsqrt,
  sigmoid,
  silu,
  sin,
  sinh,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  sumTo,
  tan,
  tanh,
  transpose,
} from '@wengert/tape'
import { along, axisOf, type Build, binary, entry, positive, reduction, SIZE, unary } from './entry.js'

const lastTwoSwapped = (rank: number) =>
  Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))

/** Ops that finite differences are right about. */
export const smooth: Readonly<Record<string, Build>> = {
  add: binary(add, (b, c) => b + c),
  sub: binary(sub, (b, c) => b + c),
  mul: binary(mul, (b, c) => b * c),
  div: binary(
    (x, y) => div(x, positive(y)),
    b => 2 * b,
  ),
  neg: unary(neg, b => b),
  square: unary(square, b => b * b),
  exp: unary(
    x => exp(sin(x)),
    () => 3,
  ),
  log: unary(
    x => log(positive(x)),
    b => 1 + b,
  ),
  sqrt: unary(
    x => sqrt(positive(x)),
    b => 1 + b,
  ),
  sin: unary(sin, () => 1),
  cos: unary(cos, () => 1),
  tanh: unary(tanh, () => 1),
  sigmoid: unary(sigmoid, () => 1),
  atan: unary(atan, () => 2),
  asinh: unary(asinh, b => b),
  erf: unary(erf, () => 1),
  erfc: unary(erfc, () => 2),
  expm1: unary(
    x => expm1(sin(x)),
    () => 2,
  ),
  exp2: unary(
    x => exp2(cos(x)),
    () => 2,
  ),
  log1p: unary(
    x => log1p(square(x)),
    b => 2 * b,
  ),
  rsqrt: unary(
    x => rsqrt(positive(x)),
    () => 2,
  ),
  tan: unary(
    x => tan(sin(x)),
    () => 2,
  ),
  sinh: unary(
    x => sinh(tanh(x)),
    () => 2,
  ),
  softplus: unary(softplus, b => b + 1),
  gelu: unary(gelu, b => b),
  silu: unary(silu, b => b),
  mish: unary(mish, b => b),
  pow: binary(
    (x, y) => pow(positive(x), sin(y)),
    b => 1 + b * b,
  ),
  hypot: binary(
    (x, y) => hypot(x, positive(y)),
    (b, c) => b + c * c + 1,
  ),
  atan2: binary(
    (x, y) => atan2(x, positive(y)),
    () => 2,
  ),
  lerp: binary(
    (x, y) => lerp(x, y, 0.25),
    (b, c) => Math.max(b, c),
  ),
  norm: reduction(
    (x, options) => norm(positive(x), options),
    (b, n) => (b * b + 1) * n,
  ),
  sum: reduction(sum, (b, n) => b * n),
  mean: reduction(mean, b => b),
  logsumexp: along(logsumexp, (b, n) => b + Math.log(n)),
  softmax: along(softmax, () => 1),
  logSoftmax: along(logSoftmax, (b, n) => 2 * b + Math.log(n)),
  reshape: (a, _b, choice) => {
    const shapes = [[-1], [...a.x.shape, 1], [1, ...a.x.shape], [...a.x.shape].reverse()]
    return entry(reshape(a.x, shapes[choice % shapes.length] as number[]), a.bound)
  },
  transpose: (a, _b, choice) => {
    const turn = a.x.shape.map((_, axis) => (axis + choice) % a.x.rank)
    return entry(choice % 3 === 0 ? transpose(a.x) : transpose(a.x, turn), a.bound)
  },
  broadcastTo: (a, _b, choice) =>
    a.x.size * 3 <= SIZE
      ? entry(broadcastTo(a.x, [(choice % 3) + 1, ...a.x.shape.map(n => (n === 1 ? 2 : n))]), a.bound)
      : undefined,
  sumTo: (a, _b, choice) =>
    a.x.rank === 0
      ? undefined
      : entry(sumTo(a.x, [1, ...a.x.shape.slice(1)].slice(choice % 2)), a.bound * (a.x.shape[0] as number)),
  slice: (a, _b, choice) => {
    const axis = axisOf(a, choice)
    if (axis === undefined) return undefined
    const length = a.x.shape[axis] as number
    const here = (value: number, other: number) => a.x.shape.map((_, k) => (k === axis ? value : other))
    const start = Math.min(length, choice % 3)
    const step = (choice % 2) + 1
    return entry(
      slice(
        a.x,
        here(start, 0),
        a.x.shape.map((n, k) => (k === axis ? length : n)),
        here(step, 1),
      ),
      a.bound,
    )
  },
  at: (a, _b, choice) =>
    a.x.shape[0]
      ? entry(at(a.x, (choice % a.x.shape[0]) - (choice % 2 ? a.x.shape[0] : 0)), a.bound)
      : undefined,
  matmul: (a, b) => {
    if (a.x.rank === 0 || a.x.size === 0) return undefined
    const inner = a.x.shape.at(-1) as number
    const fits = b.x.rank > 0 && b.x.rank <= 2 && b.x.shape[Math.max(0, b.x.rank - 2)] === inner
    const w = fits ? b : a.x.rank === 1 ? a : entry(transpose(a.x, lastTwoSwapped(a.x.rank)), a.bound)
    const rows = a.x.size / inner
    const columns = w.x.rank === 1 ? 1 : (w.x.shape.at(-1) as number)
    if (rows * columns > SIZE || w.x.size === 0) return undefined
    return entry(matmul(a.x, w.x), a.bound * w.bound * inner)
  },
  conv2d: (a, b, choice) => {
    if (a.x.rank !== 2 || b.x.rank !== 2 || a.x.size === 0 || b.x.size === 0) return undefined
    const [height, width] = a.x.shape as [number, number]
    const window = b.x.shape.map((n, k) => Math.min(2, n, [height, width][k] as number)) as [number, number]
    const filter = reshape(slice(b.x, [0, 0], window), [...window, 1, 1])
    const same = choice % 3 === 0
    const out = conv2d(reshape(a.x, [1, height, width, 1]), filter, {
      stride: (choice % 2) + 1,
      padding: same ? 'same' : 'valid',
      dilation: same && choice % 2 === 0 ? [1, 2] : 1,
    })
    return entry(reshape(out, out.shape.slice(1, 3)), 4 * a.bound * b.bound)
  },
  groups: (a, b) => {
    // The first axis counts channels, each with a filter of its own.
    if (a.x.rank !== 2 || b.x.rank !== 2 || a.x.size === 0 || b.x.size === 0) return undefined
    const [channels, width] = a.x.shape as [number, number]
    if (b.x.shape[0] !== channels) return undefined
    const window = Math.min(2, width, b.x.shape[1] as number)
    const filter = reshape(transpose(slice(b.x, [0, 0], [channels, window])), [window, 1, channels])
    const out = conv1d(reshape(transpose(a.x), [1, width, channels]), filter, { groups: channels })
    return entry(transpose(reshape(out, out.shape.slice(1))), 2 * a.bound * b.bound)
  },
  averagePool2d: (a, _b, choice) => {
    if (a.x.rank !== 2 || a.x.size === 0) return undefined
    const [height, width] = a.x.shape as [number, number]
    const window = [Math.min(2, height), Math.min(2, width)] as const
    const padding = choice % 3 === 0 ? 1 : 'valid'
    const options = { stride: (choice % 2) + 1, padding, countIncludePad: choice % 2 === 0 } as const
    const out = averagePool2d(reshape(a.x, [1, height, width, 1]), window, options)
    return entry(reshape(out, out.shape.slice(1, 3)), a.bound)
  },
}
