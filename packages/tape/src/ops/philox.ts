// Every random number is a function of a key and of its place, so it is the same whatever was drawn before, on whichever
// thread, and when it is computed again.
import { type PhiloxDType, philox } from '@wengert/kernels'
import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shownList } from '../options.js'
import { type Aval, formatAval, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, scalarLike, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { checkNumbers } from './axes.js'
import { allBatched } from './batch.js'
import { reshape } from './shape.js'

/** What the words of a key are for: numbers of one purpose are independent of those of another. */
export const domains = { draw: 0, foldIn: 1, split: 2 } as const

registerOp({
  name: 'philox',
  infer: ([, data], params) => [
    { dtype: params.dtype as PhiloxDType, shape: [...(data as Aval).shape, params.count as number] },
  ],
  lower: ([, data], _out, params) =>
    philox({
      dtype: params.dtype as PhiloxDType,
      rows: sizeOf((data as Aval).shape),
      count: params.count as number,
      domain: params.domain as number,
    }),
})
// Each key is for itself, so a batch is more keys.
defineRule('philox', {
  pullback: 'zero',
  batch: site => applyOne('philox', allBatched(site).inputs, site.params),
})

/** The first elements of streams, one for each key i32[..., 2] and datum i32[...]. */
export const streams = (
  keys: Tensor,
  data: Tensor,
  params: { readonly dtype: PhiloxDType; readonly count: number; readonly domain: number },
): Tensor => applyOne('philox', [keys, data], params)

/** Random elements of a shape from one key; streams tell draws apart. */
export function draw(
  op: string,
  key: Tensor,
  shape: readonly number[],
  dtype: PhiloxDType,
  stream = 0,
): Tensor {
  checkKey(op, key)
  checkNumbers(op, 'the shape', shape)
  if (!shape.every(length => Number.isInteger(length) && length >= 0)) {
    throw new OptionError({
      summary: `${op}: shape ${shownList(shape)}.`,
      expected: 'lengths that are whole numbers of at least 0',
      at: callerLocation(),
    })
  }
  const own = { dtype, count: sizeOf(shape), domain: domains.draw }
  return reshape(streams(key, scalarLike(key, stream | 0), own), shape)
}

/** @throws {@link DTypeError} and {@link ShapeError} unless it is a key. */
export function checkKey(op: string, key: Tensor): void {
  checkTensor(op, 'the key', key, 'make one of a seed: randomKey(7)')
  if (key.dtype === 'i32' && key.rank === 1 && key.shape[0] === 2) return
  const parts = {
    summary: `${op}: the key is ${formatAval(key.aval)}.`,
    expected: 'a key, i32[2]',
    at: callerLocation(),
  }
  if (key.dtype !== 'i32') throw new DTypeError({ ...parts, fix: 'make one of a seed: randomKey(7)' })
  throw new ShapeError({ ...parts, fix: 'map over several keys with vmap, or choose one with at(keys, 0)' })
}
