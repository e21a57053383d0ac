import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes, type Plain } from '../reference/index.js'
import { EXACT, sumBound } from './bounds.js'
import { all, call, floats, numbers, product } from './call.js'
import type { ConformanceCase } from './case.js'
import { specials } from './elementwise.js'

const of = (dtype: DType, shape: readonly number[]) => [{ dtype, shape }]

const reductions: readonly { shape: readonly number[]; axis?: number | readonly number[] }[] = [
  { shape: [] },
  { shape: [5] },
  { shape: [3, 5] },
  { shape: [3, 5], axis: 0 },
  { shape: [3, 5], axis: -1 },
  { shape: [2, 3, 5], axis: [0, 2] },
]

/** Each axis of some shapes, from both ends. */
const scans = [
  { shape: [1], axis: 0 },
  { shape: [17], axis: 0 },
  { shape: [3, 5], axis: 0 },
  { shape: [3, 5], axis: -1 },
  { shape: [2, 5, 3], axis: 1 },
  { shape: [3, 37], axis: 0 },
].flatMap(spec => [false, true].map(reverse => ({ ...spec, reverse })))

const axesOf = ({ shape, axis }: (typeof reductions)[number]) => ({
  axis: axis ?? shape.map((_, k) => k),
})

/** n factors, rounded n − 1 times, in both. */
const productBounds = (factors: number) => [factors / 2, factors] as const

/** Arrays with zeros in them: one, two, and none, along every axis. */
const zeroed = (x: tape.Tensor) => {
  const pattern = [1, 1, 0, 1, 1, 1, 0]
  const mask = Array.from({ length: x.size }, (_, k) => pattern[(k * 3 + (k >> 3)) % 7] as number)
  return tape.mul(x, tape.tensor(mask, { dtype: x.dtype, shape: x.shape }))
}
const zeroedPlain = (x: Plain): Plain => ({
  ...x,
  values: x.values.map((value, k) => {
    const kept = value * ([1, 1, 0, 1, 1, 1, 0][(k * 3 + (k >> 3)) % 7] as number)
    return x.dtype === 'i32' ? kept | 0 : kept
  }),
})

/** Cases of products and of what accumulates along an axis. */
export function cumulativeCases(): ConformanceCase[] {
  const products = numbers.flatMap(dtype =>
    [...reductions, { shape: [0] }, { shape: [3, 0], axis: 1 }].flatMap(spec => {
      const options = axesOf(spec)
      const bound = productBounds(product(spec.shape) + 1)
      const named = { operands: of(dtype, spec.shape), options: JSON.stringify(options), bound }
      return [
        call('prod', {
          ...named,
          run: x => tape.prod(x, options),
          reference: x => textbook.prod(x, options),
        }),
        call('prod', {
          ...named,
          options: `${named.options} with zeros`,
          run: x => tape.prod(zeroed(x), { ...options, keepdims: true }),
          reference: x => textbook.prod(zeroedPlain(x), { ...options, keepdims: true }),
        }),
      ]
    }),
  )
  const cumulative = numbers.flatMap(dtype =>
    scans.flatMap(({ shape, ...direction }) => {
      const named = { operands: of(dtype, shape), options: JSON.stringify(direction) }
      const length = shape.at(direction.axis) as number
      const differentiable = product(shape) < 100
      return [
        call('cumsum', {
          ...named,
          differentiable,
          run: x => tape.cumsum(x, direction),
          reference: x => textbook.cumsum(x, direction),
          scale: x => textbook.cumsum(magnitudes(x), direction),
          bound: [length / 2, length],
        }),
        call('cumprod', {
          ...named,
          differentiable,
          run: x => tape.cumprod(x, direction),
          reference: x => textbook.cumprod(x, direction),
          bound: productBounds(length),
        }),
        call('cumprod', {
          ...named,
          options: `${named.options} with zeros`,
          differentiable,
          run: x => tape.cumprod(zeroed(x), direction),
          reference: x => textbook.cumprod(zeroedPlain(x), direction),
          bound: productBounds(length),
        }),
        call('cummax', {
          ...named,
          differentiable,
          run: x => tape.cummax(x, direction),
          reference: x => textbook.cummax(x, direction),
        }),
        call('cummin', {
          ...named,
          differentiable,
          run: x => tape.cummin(x, direction),
          reference: x => textbook.cummin(x, direction),
        }),
        call('linearRecurrence', {
          operands: [...named.operands, ...named.operands],
          options: named.options,
          domain: [-1, 1],
          differentiable: product(shape) < 20,
          run: (a, b) => tape.linearRecurrence(a, b, direction),
          reference: (a, b) => textbook.linearRecurrence(a, b, direction),
          scale: (a, b) => textbook.linearRecurrence(magnitudes(a), magnitudes(b), direction),
          bound: [length, 2 * length],
        }),
      ]
    }),
  )
  return [...products, ...cumulative]
}

/** Cases of truth values and positions. */
export function logicCases(): ConformanceCase[] {
  const { any, all: every, argmax, argmin } = tape
  const tests = [
    { op: 'any', run: any, reference: textbook.any },
    { op: 'all', run: every, reference: textbook.all },
  ].flatMap(({ op, run, reference }) =>
    all.flatMap(dtype =>
      [...reductions, { shape: [0] }, { shape: [17, 19], axis: 1 }].flatMap(spec =>
        [false, true].map(keepdims =>
          call(op, {
            operands: of(dtype, spec.shape),
            options: JSON.stringify({ ...axesOf(spec), keepdims }),
            differentiable: false,
            run: x => run(x, { ...axesOf(spec), keepdims }),
            reference: x => reference(x, { ...axesOf(spec), keepdims }),
          }),
        ),
      ),
    ),
  )
  const positions = [
    { op: 'argmax', run: argmax, reference: textbook.argmax },
    { op: 'argmin', run: argmin, reference: textbook.argmin },
  ].flatMap(({ op, run, reference }) =>
    all.flatMap(dtype =>
      [
        { shape: [1], axis: 0 },
        { shape: [17], axis: -1 },
        { shape: [5, 3], axis: 0 },
        { shape: [2, 3, 5], axis: 1 },
        { shape: [3, 0], axis: 0 },
        { shape: [specials[dtype].length], axis: 0, of: 'of special values' },
      ].flatMap(({ shape, axis, of: values = '' }) =>
        [false, true].map(keepdims =>
          call(op, {
            operands: of(dtype, shape),
            options: `axis ${axis} ${keepdims ? 'kept' : ''} ${values}`,
            differentiable: false,
            run: x => run(x, { axis, keepdims }),
            reference: x => reference(x, { axis, keepdims }),
            bound: EXACT,
          }),
        ),
      ),
    ),
  )
  return [...tests, ...positions]
}

/** Cases of variance, standard deviation and norm: sums of squares, rounded a few times more. */
export function momentCases(): ConformanceCase[] {
  const shapes = [...reductions.filter(({ shape }) => shape.length > 0), { shape: [3, 117], axis: 1 }]
  return floats.flatMap(dtype =>
    shapes.flatMap(({ shape, axis }) => {
      const options = axis === undefined ? {} : { axis }
      const [single, double] = sumBound(product(shape))
      const named = {
        operands: of(dtype, shape),
        differentiable: product(shape) < 100,
        bound: [2 * single + 4, 2 * double + 4] as const,
      }
      return [
        ...[0, 1].flatMap(ddof => [
          call('variance', {
            ...named,
            options: JSON.stringify({ ...options, ddof }),
            run: x => tape.variance(x, { ...options, ddof }),
            reference: x => textbook.variance(x, { ...options, ddof }),
          }),
          call('std', {
            ...named,
            options: JSON.stringify({ ...options, ddof }),
            run: x => tape.std(x, { ...options, ddof }),
            reference: x => textbook.std(x, { ...options, ddof }),
          }),
        ]),
        call('norm', {
          ...named,
          options: JSON.stringify(options),
          run: x => tape.norm(x, options),
          reference: x => textbook.norm(x, options),
        }),
      ]
    }),
  )
}
