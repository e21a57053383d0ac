import {
  add,
  at,
  averagePool2d,
  broadcastTo,
  conv1d,
  conv2d,
  convert,
  cos,
  div,
  equal,
  exp,
  formatProgram,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logSoftmax,
  logsumexp,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  min,
  minimum,
  mul,
  neg,
  notEqual,
  oneHot,
  record,
  relu,
  reshape,
  sigmoid,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  sumTo,
  type Tensor,
  tanh,
  transpose,
  where,
} from '@wengert/tape'
import fc from 'fast-check'
import type { Plain } from './reference/index.js'
import { random } from './sample.js'

/** A value of a random program, and a number that no element exceeds. */
interface Entry {
  readonly x: Tensor
  readonly bound: number
}

/** Makes a new value from earlier ones; undefined where the operands do not suit it. */
type Build = (x: Entry, y: Entry, choice: number, z: Entry) => Entry | undefined

/** Values stay below this, so that rounding errors are not magnified beyond the tolerances of the tests. */
const BOUND = 8
/** Values have at most so many elements. */
const SIZE = 48

const entry = (x: Tensor, bound: number): Entry => ({ x, bound })
const positive = (x: Tensor) => add(square(x), 0.5)
const axisOf = ({ x }: Entry, choice: number) => (x.rank === 0 ? undefined : choice % x.rank)
const sharesShape = (x: Tensor, y: Tensor) => {
  const rank = Math.max(x.rank, y.rank)
  const length = (a: Tensor, axis: number) => a.shape[axis - rank + a.rank] ?? 1
  let size = 1
  for (let axis = 0; axis < rank; axis++) {
    const [p, q] = [length(x, axis), length(y, axis)]
    if (p !== q && p !== 1 && q !== 1) return false
    size *= p === 1 ? q : p
  }
  return size <= SIZE
}

const unary =
  (op: (x: Tensor) => Tensor, bound: (b: number) => number): Build =>
  a =>
    entry(op(a.x), bound(a.bound))

const binary =
  (op: (x: Tensor, y: Tensor) => Tensor, bound: (b: number, c: number) => number): Build =>
  (a, b) =>
    sharesShape(a.x, b.x) ? entry(op(a.x, b.x), bound(a.bound, b.bound)) : undefined

/** Reductions of at least one element, along one axis or, for a large choice, along all. */
const reduction =
  (
    op: (x: Tensor, options: { axis?: number; keepdims: boolean }) => Tensor,
    bound: (b: number, n: number) => number,
  ): Build =>
  (a, _b, choice) => {
    if (a.x.size === 0) return undefined
    const axis = axisOf(a, choice)
    const whole = axis === undefined || choice % 7 === 6
    const count = whole ? a.x.size : (a.x.shape[axis] as number)
    const options = { keepdims: choice % 2 === 1, ...(whole ? {} : { axis }) }
    return entry(op(a.x, options), bound(a.bound, count))
  }

const along =
  (op: (x: Tensor, options: { axis: number }) => Tensor, bound: (b: number, n: number) => number): Build =>
  (a, _b, choice) => {
    const axis = axisOf(a, choice)
    if (axis === undefined || a.x.size === 0) return undefined
    return entry(op(a.x, { axis }), bound(a.bound, a.x.shape[axis] as number))
  }

const smooth: Readonly<Record<string, Build>> = {
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

/** Ops of which finite differences may say something else than their derivative does. */
const kinked: Readonly<Record<string, Build>> = {
  stopGradient: unary(stopGradient, b => b),
  relu: unary(relu, b => b),
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

const lastTwoSwapped = (rank: number) =>
  Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))

/** A random program: functions of its inputs, and inputs for them. */
export interface RandomProgram {
  readonly inputs: readonly Plain[]
  /** The values that were not picked as operands. */
  readonly run: (...inputs: Tensor[]) => Tensor[]
  /** One number that every value has a part in, unless `stopGradient` or a comparison is between. */
  readonly loss: (...inputs: Tensor[]) => Tensor
}

interface Recipe {
  readonly shapes: readonly (readonly number[])[]
  readonly seed: number
  readonly steps: readonly (readonly [op: number, x: number, y: number, z: number, choice: number])[]
}

const shapes = fc.constantFrom(
  [],
  [1],
  [3],
  [5],
  [2, 3],
  [3, 1],
  [1, 4],
  [4, 4],
  [3, 4],
  [2, 3, 2],
  [0],
  [2, 0],
)

/**
 * Random programs of up to 30 ops in f64 whose values stay small and within the domains of their ops.
 *
 * @param options.kinks whether ops with kinks, jumps or stopped gradients take part. Default true.
 */
export function randomPrograms({ kinks = true, maxSteps = 30 } = {}): fc.Arbitrary<RandomProgram> {
  const builds = Object.values(kinks ? { ...smooth, ...kinked } : smooth)
  return fc
    .record({
      shapes: fc.array(shapes, { minLength: 1, maxLength: 3 }),
      seed: fc.nat(1e6),
      steps: fc.array(fc.tuple(fc.nat(builds.length - 1), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)), {
        minLength: 1,
        maxLength: maxSteps,
      }),
    })
    .map(recipe => cook(recipe, builds))
}

function cook(recipe: Recipe, builds: readonly Build[]): RandomProgram {
  const next = random(recipe.seed)
  const inputs = recipe.shapes.map(shape => {
    const size = shape.reduce((product, length) => product * length, 1)
    return { dtype: 'f64' as const, shape, values: Array.from({ length: size }, () => 3 * next() - 1.5) }
  })
  const run = (...xs: Tensor[]) => {
    const pool = xs.map(x => entry(x, 1.5))
    const read = new Set<Entry>()
    // Later values are more likely, so that programs grow deep.
    const pick = (choice: number) => pool[pool.length - 1 - (choice % Math.min(pool.length, 5))] as Entry
    for (const [op, x, y, z, choice] of recipe.steps) {
      const operands = [pick(x), pick(y), pick(z)] as const
      const made = (builds[op] as Build)(operands[0], operands[1], choice, operands[2])
      if (!made) continue
      for (const operand of operands) read.add(operand)
      pool.push(made.bound > BOUND ? entry(sin(made.x), 1) : made)
    }
    const ends = pool.filter(value => !read.has(value)).map(({ x }) => x)
    return ends.length > 0 ? ends : [(pool.at(-1) as Entry).x]
  }
  const loss = (...xs: Tensor[]) =>
    run(...xs)
      .map((x, k) => sum(mul(x, 1 + k / 8)))
      .reduce((total, part) => add(total, part))
  const text = () => {
    const avals = inputs.map(({ dtype, shape }) => ({ dtype, shape }))
    const written = inputs.map(({ values }, k) => `input ${k} = [${values.join(', ')}]`)
    return [...written, formatProgram(record(loss, ...avals).program)].join('\n')
  }
  return { inputs, run, loss, [fc.toStringMethod]: text } as RandomProgram
}
