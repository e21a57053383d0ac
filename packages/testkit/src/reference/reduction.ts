import type { DType } from '@wengert/kernels'
import { build, type Index, indicesOf, type Plain, read } from './plain.js'

/** Which axes to reduce (all by default), and whether they stay with length 1. */
export interface Along {
  readonly axis?: number | readonly number[]
  readonly keepdims?: boolean
}

/** Axes as numbers from 0. */
function axesOf(x: Plain, axis: Along['axis']): number[] {
  if (axis === undefined) return x.shape.map((_, k) => k)
  return [axis].flat().map(k => (k < 0 ? k + x.shape.length : k))
}

/** For each index of the result, a number from the list of elements that share it. */
function reduce(x: Plain, { axis, keepdims = false }: Along, of: (list: number[]) => number): Plain {
  const axes = axesOf(x, axis)
  const kept = x.shape.map((length, k) => (axes.includes(k) ? 1 : length))
  const whole = build(x.dtype, kept, (at: Index) =>
    of(
      indicesOf(x.shape.map((length, k) => (axes.includes(k) ? length : 1))).map(step =>
        read(
          x,
          at.map((k, a) => k + (step[a] as number)),
        ),
      ),
    ),
  )
  return keepdims ? whole : { ...whole, shape: x.shape.filter((_, k) => !axes.includes(k)) }
}

const wrap = (dtype: DType, value: number) => (dtype === 'i32' ? value | 0 : value)

/** Σ x along axes. */
export const sum = (x: Plain, along: Along = {}): Plain =>
  reduce(x, along, list =>
    wrap(
      x.dtype,
      list.reduce((total, value) => total + value, 0),
    ),
  )

/** The least number of a dtype: the largest of nothing. */
const lowest: Readonly<Record<DType, number>> = { f32: -Infinity, f64: -Infinity, i32: -(2 ** 31), bool: 0 }
/** The largest number of a dtype: the smallest of nothing. */
const highest: Readonly<Record<DType, number>> = { f32: Infinity, f64: Infinity, i32: 2 ** 31 - 1, bool: 1 }

/** Largest element along axes; NaN if there is one. */
export const max = (x: Plain, along: Along = {}): Plain =>
  reduce(x, along, list => Math.max(lowest[x.dtype], ...list))

/** Smallest element along axes; NaN if there is one. */
export const min = (x: Plain, along: Along = {}): Plain =>
  reduce(x, along, list => Math.min(highest[x.dtype], ...list))

/** Σ x / n along axes. */
export const mean = (x: Plain, along: Along = {}): Plain =>
  reduce(x, along, list => list.reduce((total, value) => total + value, 0) / list.length)

/** log Σ eˣ = m + log Σ eˣ⁻ᵐ with m the largest, when that is finite. */
function logsumexpOf(list: readonly number[]): number {
  const largest = Math.max(-Infinity, ...list)
  if (!Number.isFinite(largest)) return largest
  return largest + Math.log(list.reduce((total, value) => total + Math.exp(value - largest), 0))
}

/** log Σ eˣ along an axis (the last by default). */
export const logsumexp = (x: Plain, { axis = -1, keepdims = false }: Along = {}): Plain =>
  reduce(x, { axis, keepdims }, logsumexpOf)

/** For each line along an axis (the last by default), a line of as many numbers. */
function lines(x: Plain, axis: number, of: (list: number[]) => number[]): Plain {
  const at = axis < 0 ? axis + x.shape.length : axis
  return build(x.dtype, x.shape, index => {
    const line = Array.from({ length: x.shape[at] as number }, (_, k) => read(x, index.with(at, k)))
    return of(line)[index[at] as number] as number
  })
}

/** x − log Σ eˣ along an axis; the largest is taken from every x first, which changes nothing but rounding. */
export const logSoftmax = (x: Plain, { axis = -1 }: { axis?: number } = {}): Plain =>
  lines(x, axis, list => {
    const shifted = list.map(value => value - Math.max(...list))
    return shifted.map(value => value - logsumexpOf(shifted))
  })

/** eˣ / Σ eˣ along an axis; the largest is taken from every x first. */
export const softmax = (x: Plain, { axis = -1 }: { axis?: number } = {}): Plain =>
  lines(x, axis, list => {
    const powers = list.map(value => Math.exp(value - Math.max(...list)))
    const total = powers.reduce((sum, power) => sum + power, 0)
    return powers.map(power => power / total)
  })
