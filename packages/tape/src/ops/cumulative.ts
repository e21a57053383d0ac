// Everything here follows from one linear recurrence, sₖ = aₖ·sₖ₋₁ + bₖ. Its derivatives are linear recurrences
// again, so products and cumulative products have exact derivatives of every order, at zeros too, without a division.
import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { formatAval } from '../program/index.js'
import { applyOne, checkTensor, operands, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { add, mul } from './arithmetic.js'
import { broadcastShapes } from './elementwise.js'
import { axesOf, batchOf, defineReduction, kept, type ReduceOptions, reduction } from './reduce.js'
import { broadcastTo, sum } from './reduction.js'
import {
  type Direction,
  defineScan,
  directionOf,
  NUMBERS,
  opposite,
  previous,
  type ScanOptions,
  scanAlong,
  scanned,
} from './scan.js'
import { reshape, transpose } from './shape.js'

export type { ScanOptions }

defineScan('linearRecurrence', 'linear')
const recurrence = (a: Tensor, b: Tensor, params: Direction) =>
  applyOne('linearRecurrence', [a, b], { ...params })
defineRule('linearRecurrence', {
  // b̄ₖ = s̄ₖ + aₖ₊₁·b̄ₖ₊₁, āₖ = b̄ₖ·sₖ₋₁
  pullback({ inputs: [a], outputs: [out], ct, params }) {
    const direction = directionOf(params)
    const b = recurrence(previous(a as Tensor, opposite(direction), 0), ct, opposite(direction))
    return [mul(b, previous(out as Tensor, direction, 0)), b]
  },
  // ṡₖ = aₖ·ṡₖ₋₁ + (ȧₖ·sₖ₋₁ + ḃₖ)
  pushforward({ inputs: [a], outputs: [out], tangents: [da, db], params }) {
    const direction = directionOf(params)
    const through = da && mul(da, previous(out as Tensor, direction, 0))
    const source = through && db ? add(through, db) : (through ?? db)
    return recurrence(a as Tensor, source as Tensor, direction)
  },
  batch: scanned('linearRecurrence'),
})

/**
 * The states of a linear recurrence along an axis: out[k] = a[k]·out[k − 1] + b[k], from 0 (so the first a has no
 * effect): exponential averages, discounted returns, linear state spaces. Operands are broadcast together.
 *
 * @throws {@link ShapeError} if the shapes do not broadcast; {@link OptionError} for an axis that is not there.
 * @example
 * linearRecurrence(tensor(0.5), tensor([8, 0, 0, 1])).toArray() // → [8, 4, 2, 2]
 * linearRecurrence(tensor(0.5), tensor([0, 0, 8]), { reverse: true }).toArray() // → [2, 4, 8]
 */
export function linearRecurrence(a: Tensor | number, b: Tensor, options: ScanOptions = {}): Tensor {
  const pair = operands('linearRecurrence', [a, b])
  const [first, second] = pair as readonly [Tensor, Tensor]
  if (first.dtype !== second.dtype) {
    throw new DTypeError({
      summary: `linearRecurrence: dtypes differ: ${pair.map(x => formatAval(x.aval)).join(', ')}.`,
      expected: 'operands of one dtype',
      at: callerLocation(),
    })
  }
  const shape = broadcastShapes('linearRecurrence', [first.aval, second.aval])
  return scanAlong('linearRecurrence', [broadcastTo(first, shape), broadcastTo(second, shape)], options)
}

defineScan('cumsum', 'sum')
defineRule('cumsum', {
  pullback: ({ ct, params }) => [applyOne('cumsum', [ct], { ...opposite(directionOf(params)) })],
  pushforward: 'linear',
  batch: scanned('cumsum'),
})

/**
 * Sums of the first 1, 2, 3, … elements along an axis.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * cumsum(tensor([1, 2, 3])).toArray() // → [1, 3, 6]
 * cumsum(tensor([1, 2, 3]), { reverse: true }).toArray() // → [6, 5, 3]
 */
export const cumsum = (x: Tensor, options: ScanOptions = {}): Tensor => {
  checkTensor('cumsum', 'x', x)
  return scanAlong('cumsum', [x], options)
}

defineScan('cumprod', 'prod')
defineRule('cumprod', {
  // yⱼ = Π x, so x̄ₖ = yₖ₋₁ · (ȳₖ + xₖ₊₁·(ȳₖ₊₁ + xₖ₊₂·(…)))
  pullback({ inputs: [x], outputs: [out], ct, params }) {
    const direction = directionOf(params)
    const after = recurrence(previous(x as Tensor, opposite(direction), 0), ct, opposite(direction))
    return [mul(previous(out as Tensor, direction, 1), after)]
  },
  // ẏₖ = xₖ·ẏₖ₋₁ + ẋₖ·yₖ₋₁
  pushforward({ inputs: [x], outputs: [out], tangents: [t], params }) {
    const direction = directionOf(params)
    return recurrence(x as Tensor, mul(t as Tensor, previous(out as Tensor, direction, 1)), direction)
  },
  batch: scanned('cumprod'),
})

/**
 * Products of the first 1, 2, 3, … elements along an axis. Derivatives are exact where elements are 0.
 *
 * @throws {@link OptionError} for an axis that is not there.
 * @example
 * cumprod(tensor([1, 2, 3])).toArray() // → [1, 2, 6]
 */
export const cumprod = (x: Tensor, options: ScanOptions = {}): Tensor => {
  checkTensor('cumprod', 'x', x)
  return scanAlong('cumprod', [x], options)
}

/** For every element the product of all others that it is multiplied with. */
function exclusiveProducts(x: Tensor, axes: readonly number[]): Tensor {
  // The reduced axes last, as one: the product of those before times the product of those after.
  const order = [...x.shape.map((_, k) => k).filter(k => !axes.includes(k)), ...axes]
  const moved = transpose(x, order)
  const outer = moved.shape.slice(0, x.rank - axes.length)
  const inner = moved.shape.slice(x.rank - axes.length)
  const flat = reshape(moved, [...outer, inner.reduce((product, length) => product * length, 1)])
  const side = (reverse: boolean) => {
    const direction = { axis: outer.length, reverse }
    return previous(applyOne('cumprod', [flat], direction), direction, 1)
  }
  const others = reshape(mul(side(false), side(true)), moved.shape)
  return transpose(
    others,
    order.map((_, k) => order.indexOf(k)),
  )
}

defineReduction('prod', NUMBERS)
defineRule('prod', {
  pullback({ inputs: [x], ct, params }) {
    const axes = axesOf(params)
    return [mul(reshape(ct, kept((x as Tensor).shape, axes)), exclusiveProducts(x as Tensor, axes))]
  },
  pushforward({ inputs: [x], tangents: [t], params }) {
    const axes = axesOf(params)
    return sum(mul(t as Tensor, exclusiveProducts(x as Tensor, axes)), { axis: axes })
  },
  batch: batchOf('prod'),
})

/**
 * Product along axes, 1 of nothing. Derivatives are products of the other elements, exact where elements are 0.
 *
 * @example
 * prod(tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray() // → [2, 12]
 * grad(x => prod(x))(tensor([0, 2, 3])).toArray() // → [6, 0, 0]
 */
export const prod = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  checkTensor('prod', 'x', x)
  return reduction('prod', x, options)
}
