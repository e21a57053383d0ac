import type { DType } from '@wengert/kernels'
import type { Instruction, Params, Program } from '@wengert/tape'
import { flip } from './arrangement.js'
import { control } from './control.js'
import { conv2d, conv2dFilterPullback, conv2dInputPullback, each, type Window } from './convolution.js'
import { convert, elementwise, elementwiseOps, where } from './elementwise.js'
import { type Choice, gatherRows, scatterRows } from './gather.js'
import { concat } from './joining.js'
import { type Bounds, broadcastTo, reshape, slice, transpose, unslice } from './movement.js'
import { argsort } from './order.js'
import type { Plain } from './plain.js'
import { maxPool2d, maxPool2dPullback, maxPool2dPushforward, sumPool2d, sumPool2dPullback } from './pool.js'
import { product } from './product.js'
import {
  cummax,
  cummin,
  cumprod,
  cumsum,
  type Direction,
  linearRecurrence,
  max,
  min,
  prod,
  sum,
} from './reduction.js'

type Rule = (inputs: readonly Plain[], params: Params) => Plain

const list = (params: Params, name: string) => params[name] as readonly number[]
const along = (params: Params) => ({ axis: list(params, 'axes') })
const window = (params: Params) => params as unknown as Window
const bounds = (params: Params) => params as unknown as Bounds
const choice = (params: Params) => params as unknown as Choice
const direction = (params: Params) => params as unknown as Direction
const two = (inputs: readonly Plain[]) => inputs as readonly [Plain, Plain]
const one = (inputs: readonly Plain[]) => inputs[0] as Plain

/** Every instruction, as its definition says. */
const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    elementwiseOps.map(op => [op, (inputs: readonly Plain[]) => elementwise(op, inputs)]),
  ),
  where: inputs => where(...(inputs as readonly [Plain, Plain, Plain])),
  convert: (inputs, params) => convert(one(inputs), params['dtype'] as DType),
  stopGradient: one,
  named: one,
  sum: (inputs, params) => sum(one(inputs), along(params)),
  max: (inputs, params) => max(one(inputs), along(params)),
  min: (inputs, params) => min(one(inputs), along(params)),
  reshape: (inputs, params) => reshape(one(inputs), list(params, 'shape')),
  transpose: (inputs, params) => transpose(one(inputs), list(params, 'permutation')),
  broadcastTo: (inputs, params) => broadcastTo(one(inputs), list(params, 'shape')),
  slice: (inputs, params) => slice(one(inputs), bounds(params)),
  unslice: (inputs, params) => unslice(one(inputs), bounds(params), list(params, 'shape')),
  matmul: (inputs, { transposeX, transposeW }) =>
    product(...two(inputs), transposeX === true, transposeW === true),
  conv2d: (inputs, params) => each((x, filter) => conv2d(x, filter, window(params)))(...two(inputs)),
  flip: (inputs, params) => flip(one(inputs), list(params, 'axes')),
  concat: (inputs, params) => concat(inputs, params['axis'] as number),
  gather: (inputs, params) =>
    gatherRows(...two(inputs), choice(params), params['missing'] === 'zero' ? 0 : Number.NaN),
  scatterAdd: (inputs, params) => scatterRows(...two(inputs), choice(params), params['length'] as number),
  argsort: (inputs, { descending }) => argsort(one(inputs), { axis: -1, descending: descending === true }),
  prod: (inputs, params) => prod(one(inputs), along(params)),
  cumsum: (inputs, params) => cumsum(one(inputs), direction(params)),
  cumprod: (inputs, params) => cumprod(one(inputs), direction(params)),
  cummax: (inputs, params) => cummax(one(inputs), direction(params)),
  cummin: (inputs, params) => cummin(one(inputs), direction(params)),
  linearRecurrence: (inputs, params) => linearRecurrence(...two(inputs), direction(params)),
  conv2dInputPullback: (inputs, params) =>
    each((ct, filter, x) => conv2dInputPullback(ct, filter, x, window(params)))(
      ...two(inputs),
      list(params, 'x'),
    ),
  conv2dFilterPullback: (inputs, params) =>
    each((x, ct, filter) => conv2dFilterPullback(x, ct, filter, window(params)))(
      ...two(inputs),
      list(params, 'filter'),
    ),
  sumPool2d: (inputs, params) => sumPool2d(one(inputs), window(params)),
  sumPool2dPullback: (inputs, params) => sumPool2dPullback(one(inputs), list(params, 'x'), window(params)),
  maxPool2d: (inputs, params) => maxPool2d(one(inputs), window(params)),
  maxPool2dPushforward: (inputs, params) => maxPool2dPushforward(...two(inputs), window(params)),
  maxPool2dPullback: (inputs, params) => maxPool2dPullback(...two(inputs), window(params)),
}

/** Computes one instruction on arrays. */
export function compute({ op, params }: Instruction, inputs: readonly Plain[]): Plain {
  const rule = rules[op]
  if (!rule) throw new Error(`There is no reference for the op ${op}.`)
  return rule(inputs, params)
}

/**
 * Runs a program by the textbook, an instruction after the other in f64, and returns every value: it shares nothing
 * with kernels, plans and arenas. Values of dtype f32 are not rounded between instructions.
 */
export function trace(program: Program, inputs: readonly Plain[]): Plain[] {
  const values: Plain[] = []
  program.inputs.forEach((value, k) => {
    values[value] = inputs[k] as Plain
  })
  for (const { value, data } of program.constants) {
    values[value] = { ...(program.avals[value] as Program['avals'][number]), values: Array.from(data) }
  }
  for (const instruction of program.instructions) {
    const operands = instruction.inputs.map(value => values[value] as Plain)
    const results = control(instruction, operands, interpret) ?? [compute(instruction, operands)]
    instruction.outputs.forEach((value, k) => {
      values[value] = results[k] as Plain
    })
  }
  return values
}

/**
 * Outputs of a program by the textbook; see {@link trace}.
 *
 * @example
 * const { program } = record(x => x.mul(x), tensor([1, 2, 3]))
 * interpret(program, [{ dtype: 'f32', shape: [3], values: [1, 2, 3] }])[0].values // → [1, 4, 9]
 */
export function interpret(program: Program, inputs: readonly Plain[]): Plain[] {
  const values = trace(program, inputs)
  return program.outputs.map(value => values[value] as Plain)
}
