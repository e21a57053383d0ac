import * as tape from '@wengert/tape'
import { elementwise, erfc, type Plain, polygamma, softplus } from '../reference/index.js'
import type { Bound } from './bounds.js'
import { call, floats, numbers } from './call.js'
import type { ConformanceCase } from './case.js'

const [lengths, row] = [[3, 5], [5]]

/** The textbook's formula of one element, broadcast from operands. */
const scalar =
  (f: (...xs: number[]) => number) =>
  (...xs: Plain[]): Plain => {
    const [first] = xs as [Plain]
    const zero = { ...first, shape: [], values: [0] }
    const shape = xs.reduce((sum, x) => elementwise('add', [sum, x]), zero).shape
    const spread = xs.map(x =>
      elementwise('add', [{ ...first, shape, values: first.values.map(() => 0) }, x]),
    )
    return {
      ...first,
      shape,
      values: first.values.map((_, k) => f(...spread.map(x => x.values[k] as number))),
    }
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
  { op: 'silu', run: x => tape.silu(x), formula: x => x / (1 + Math.exp(-x)), bound: [3, 4] },
  { op: 'mish', run: x => tape.mish(x), formula: x => x * Math.tanh(softplus(x)), bound: [5, 6] },
  { op: 'gelu', run: x => tape.gelu(x), formula: x => 0.5 * x * erfc(-x * Math.SQRT1_2), bound: [8, 12] },
  {
    op: 'gelu',
    options: 'tanh',
    run: x => tape.gelu(x, { approximate: 'tanh' }),
    formula: geluTanh,
    bound: [8, 8],
  },
]

/** Cases of the ops that are composed of others, with their options. */
export function composedCases(): ConformanceCase[] {
  return [
    ...activations.flatMap(({ op, run, formula, ...rest }) =>
      floats.map(dtype =>
        call(op, {
          operands: [{ dtype, shape: lengths }],
          run: x => run(x as tape.Tensor),
          reference: scalar(x => formula(x as number)),
          ...rest,
        }),
      ),
    ),
    ...[1, 2, 3].flatMap(order =>
      floats.map(dtype =>
        call('polygamma', {
          options: `order ${order}`,
          operands: [{ dtype, shape: lengths }],
          run: x => tape.polygamma(x as tape.Tensor, order),
          reference: scalar(x => polygamma(x as number, order)),
          bound: [1, 24],
          domain: [0.6, 4],
        }),
      ),
    ),
    ...numbers.map(dtype =>
      call('clip', {
        options: '-1, 1',
        operands: [{ dtype, shape: lengths }],
        run: x => tape.clip(x, -1, 1),
        reference: scalar(x => Math.min(Math.max(x, -1), 1)),
      }),
    ),
    ...floats.map(dtype =>
      call('lerp', {
        operands: [lengths, row, []].map(shape => ({ dtype, shape })),
        run: (x, y, t) => tape.lerp(x as tape.Tensor, y as tape.Tensor, t as tape.Tensor),
        reference: scalar((x, y, t) => (1 - (t as number)) * (x as number) + (t as number) * (y as number)),
        scale: scalar(
          (x, y, t) =>
            Math.abs((1 - (t as number)) * (x as number)) + Math.abs((t as number) * (y as number)),
        ),
        bound: [2, 2],
      }),
    ),
  ]
}
