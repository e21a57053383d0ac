import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import { broadcastShape, broadcastTo, erfc, type Plain, polygamma, softplus } from '../reference/index.js'
import type { Bound } from './bounds.js'
import { call, floats, numbers } from './call.js'
import type { ConformanceCase } from './case.js'
import { pairShapes, specials, unaryShapes } from './elementwise.js'

/** The textbook's formula of one element, of operands that are broadcast together. */
const scalar =
  (f: (...xs: number[]) => number) =>
  (...xs: Plain[]): Plain => {
    const shape = broadcastShape(xs.map(x => x.shape))
    const spread = xs.map(x => broadcastTo(x, shape).values)
    const values = (spread[0] as readonly number[]).map((_, k) => f(...spread.map(x => x[k] as number)))
    return { ...(xs[0] as Plain), shape, values }
  }

/** An activation: how it is called, its formula, and its largest error in units in the last place. */
interface Activation {
  readonly op: string
  readonly options?: string
  readonly run: (x: tape.Tensor) => tape.Tensor
  readonly formula: (x: number) => number
  readonly bound: Bound
  readonly domain?: readonly [number, number]
}

const [alpha, lambda] = [1.6732632423543772, 1.0507009873554805]
const elu = (x: number, a: number) => (x > 0 ? x : a * Math.expm1(x))
const geluTanh = (x: number) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

/** x times a gate that closes faster than x falls: the limit at −∞ is zero from below. */
const gated = (f: (x: number) => number) => (x: number) => (x === Number.NEGATIVE_INFINITY ? -0 : f(x))

const activations: readonly Activation[] = [
  {
    op: 'relu6',
    run: x => tape.relu6(x),
    formula: x => Math.min(Math.max(x, 0), 6),
    bound: [0, 0],
    domain: [1.1, 11],
  },
  { op: 'leakyRelu', run: x => tape.leakyRelu(x), formula: x => (x > 0 ? x : 0.01 * x), bound: [1.5, 0] },
  {
    op: 'leakyRelu',
    options: 'slope 0.2',
    run: x => tape.leakyRelu(x, 0.2),
    formula: x => (x > 0 ? x : 0.2 * x),
    bound: [1.5, 0],
  },
  { op: 'elu', run: x => tape.elu(x), formula: x => elu(x, 1), bound: [2, 3] },
  { op: 'elu', options: 'alpha 2', run: x => tape.elu(x, 2), formula: x => elu(x, 2), bound: [2, 3] },
  { op: 'selu', run: x => tape.selu(x), formula: x => lambda * elu(x, alpha), bound: [4, 4] },
  { op: 'silu', run: x => tape.silu(x), formula: gated(x => x / (1 + Math.exp(-x))), bound: [3, 4] },
  { op: 'mish', run: x => tape.mish(x), formula: gated(x => x * Math.tanh(softplus(x))), bound: [5, 6] },
  {
    op: 'gelu',
    run: x => tape.gelu(x),
    formula: gated(x => 0.5 * x * erfc(-x * Math.SQRT1_2)),
    bound: [8, 12],
  },
  {
    op: 'gelu',
    options: 'tanh',
    run: x => tape.gelu(x, { approximate: 'tanh' }),
    formula: gated(geluTanh),
    bound: [8, 8],
  },
]

/** Shapes of one operand, and the special values. */
const unaryOf = (dtype: DType) => [
  ...unaryShapes.map(shape => ({ operands: [{ dtype, shape }], values: '' })),
  { operands: [{ dtype, shape: [specials[dtype].length] }], values: 'of special values' },
]

/** Three operands that broadcast, the last one a scalar where the others do. */
const tripleOf = (dtype: DType) => {
  const { length } = specials[dtype]
  return [
    ...pairShapes.map(([x, y]) => ({ shapes: [x, y, y.slice(-1)], values: '' })),
    { shapes: [[length, 1, 1], [length, 1], [length]], values: 'of special values' },
  ].map(({ shapes, values }) => ({ operands: shapes.map(shape => ({ dtype, shape })), values }))
}

const inside = (x: number) => Math.min(Math.max(x, -1), 1)
const between = (x: number, y: number, t: number) => (1 - t) * x + t * y
/** With products that overflow as they do in f32. */
const betweenSingles = (x: number, y: number, t: number) =>
  Math.fround(Math.fround(1 - t) * x) + Math.fround(t * y)
const betweenMagnitudes = (x: number, y: number, t: number) => Math.abs((1 - t) * x) + Math.abs(t * y)

/** x − ⌊x/y⌋·y, and 0 for y = 0. */
const modulo = (x: number, y: number) => (y === 0 ? 0 : x - Math.floor(x / y) * y)

/** Cases of the ops that are composed of others, with their options. */
export function composedCases(): ConformanceCase[] {
  return [
    ...activations.flatMap(({ op, run, formula, options = '', domain = [-2, 2], ...rest }) =>
      floats.flatMap(dtype =>
        unaryOf(dtype).map(({ operands, values }) =>
          call(op, {
            operands,
            options: `${options} ${values}`.trim(),
            domain,
            elementwise: true,
            differentiable: values === '',
            run: x => run(x as tape.Tensor),
            reference: scalar(x => formula(x as number)),
            ...rest,
          }),
        ),
      ),
    ),
    ...numbers.flatMap(dtype =>
      unaryOf(dtype).map(({ operands, values }) =>
        call('clip', {
          operands,
          options: `-1, 1 ${values}`.trim(),
          // No number of it is ±1, where there is a kink.
          domain: [-2.1, 2.1],
          elementwise: true,
          differentiable: values === '',
          run: x => tape.clip(x, -1, 1),
          reference: scalar(x => inside(x as number)),
        }),
      ),
    ),
    ...pairShapes.map(([x, y]) =>
      call('mod', {
        operands: [
          { dtype: 'i32', shape: x },
          { dtype: 'i32', shape: y },
        ],
        run: (a, b) => tape.mod(a, b),
        reference: scalar((a, b) => modulo(a as number, b as number)),
      }),
    ),
    ...[1, 2, 3].flatMap(order =>
      floats.map(dtype =>
        call('polygamma', {
          options: `order ${order}`,
          operands: [{ dtype, shape: [3, 5] }],
          run: x => tape.polygamma(x as tape.Tensor, order),
          reference: scalar(x => polygamma(x as number, order)),
          bound: [1, 24],
          domain: [0.6, 4],
        }),
      ),
    ),
    ...floats.flatMap(dtype =>
      tripleOf(dtype).map(({ operands, values }) =>
        call('lerp', {
          operands,
          options: values,
          elementwise: true,
          differentiable: values === '',
          run: (x, y, t) => tape.lerp(x as tape.Tensor, y as tape.Tensor, t as tape.Tensor),
          reference: scalar(
            (values && dtype === 'f32' ? betweenSingles : between) as (...xs: number[]) => number,
          ),
          scale: scalar(betweenMagnitudes as (...xs: number[]) => number),
          bound: [2, 2],
        }),
      ),
    ),
    ...floats.map(dtype =>
      call('lerp', {
        operands: [[3], [3]].map(shape => ({ dtype, shape })),
        options: 'by 0.25',
        elementwise: true,
        run: (x, y) => tape.lerp(x as tape.Tensor, y as tape.Tensor, 0.25),
        reference: scalar((x, y) => between(x as number, y as number, 0.25)),
        scale: scalar((x, y) => betweenMagnitudes(x as number, y as number, 0.25)),
        bound: [2, 2],
      }),
    ),
  ]
}
