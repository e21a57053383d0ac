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

/** Π x along axes. */
export const prod = (x: Plain, along: Along = {}): Plain =>
  reduce(x, along, list => list.reduce((product, value) => multiply(x.dtype, product, value), 1))

const multiply = (dtype: DType, a: number, b: number) => (dtype === 'i32' ? Math.imul(a, b) : a * b)

/** Whether some element along axes is not 0. */
export const any = (x: Plain, along: Along = {}): Plain => ({
  ...reduce(x, along, list => Number(list.some(value => value !== 0))),
  dtype: 'bool',
})

/** Whether every element along axes is not 0. */
export const all = (x: Plain, along: Along = {}): Plain => ({
  ...reduce(x, along, list => Number(list.every(value => value !== 0))),
  dtype: 'bool',
})

/** Index of the first element along an axis that is NaN, or else that no other one beats. */
const arg = (beats: (a: number, b: number) => boolean) => (x: Plain, along: Along) => ({
  ...reduce(x, along, list => {
    const unknown = list.findIndex(value => Number.isNaN(value))
    return unknown >= 0 ? unknown : list.findIndex(value => !list.some(other => beats(other, value)))
  }),
  dtype: 'i32' as const,
})

/** Index of the largest element along an axis. */
export const argmax = arg((a, b) => a > b)

/** Index of the smallest element along an axis. */
export const argmin = arg((a, b) => a < b)

/** Σ (x − mean)² / (n − ddof) along axes. */
export const variance = (x: Plain, { ddof = 0, ...along }: Along & { ddof?: number }): Plain =>
  reduce(x, along, list => {
    const mean = list.reduce((total, value) => total + value, 0) / list.length
    return list.reduce((total, value) => total + (value - mean) ** 2, 0) / (list.length - ddof)
  })

const rooted = (x: Plain): Plain => ({ ...x, values: x.values.map(Math.sqrt) })

/** √variance. */
export const std = (x: Plain, options: Along & { ddof?: number }): Plain => rooted(variance(x, options))

/** √Σ x² along axes. */
export const norm = (x: Plain, along: Along): Plain =>
  rooted(reduce(x, along, list => list.reduce((total, value) => total + value ** 2, 0)))

/** Along an axis, from either end. */
export interface Direction {
  readonly axis: number
  readonly reverse: boolean
}

/** A line of results from a line of elements, each from the one before it. */
function scan(x: Plain, { axis, reverse }: Direction, next: (before: number, x: number) => number): Plain {
  return lines(x, axis, list => {
    const ordered = reverse ? list.toReversed() : list
    const out: number[] = []
    for (const value of ordered) out.push(out.length === 0 ? value : next(out.at(-1) as number, value))
    return reverse ? out.reverse() : out
  })
}

/** Sums of the first elements. */
export const cumsum = (x: Plain, direction: Direction): Plain =>
  scan(x, direction, (before, value) => wrap(x.dtype, before + value))

/** Products of the first elements. */
export const cumprod = (x: Plain, direction: Direction): Plain =>
  scan(x, direction, (before, value) => multiply(x.dtype, before, value))

/** s[k] = a[k]·s[k − 1] + b[k], of operands of one shape. */
export function linearRecurrence(a: Plain, b: Plain, { axis, reverse }: Direction): Plain {
  const at = axis < 0 ? axis + b.shape.length : axis
  const last = (b.shape[at] as number) - 1
  const state = (index: Index): number => {
    const place = index[at] as number
    const value = read(b, index)
    if (place === (reverse ? last : 0)) return value
    const before = state(index.with(at, place + (reverse ? 1 : -1)))
    return wrap(b.dtype, multiply(b.dtype, read(a, index), before) + value)
  }
  return build(b.dtype, b.shape, state)
}

/** Largest of the first elements. */
export const cummax = (x: Plain, direction: Direction): Plain => scan(x, direction, Math.max)

/** Smallest of the first elements. */
export const cummin = (x: Plain, direction: Direction): Plain => scan(x, direction, Math.min)
