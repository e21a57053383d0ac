import { add, square, type Tensor } from '@wengert/tape'

/** A value of a random program, and a number that no element exceeds. */
export interface Entry {
  readonly x: Tensor
  readonly bound: number
}

/** Makes a new value from earlier ones; undefined where the operands do not suit it. */
export type Build = (x: Entry, y: Entry, choice: number, z: Entry) => Entry | undefined

/** Values stay below this, so that rounding errors are not magnified beyond the tolerances of the tests. */
export const BOUND = 8
/** Values have at most so many elements. */
export const SIZE = 48

export const entry = (x: Tensor, bound: number): Entry => ({ x, bound })
export const positive = (x: Tensor) => add(square(x), 0.5)
export const axisOf = ({ x }: Entry, choice: number) => (x.rank === 0 ? undefined : choice % x.rank)
export const sharesShape = (x: Tensor, y: Tensor) => {
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

export const unary =
  (op: (x: Tensor) => Tensor, bound: (b: number) => number): Build =>
  a =>
    entry(op(a.x), bound(a.bound))

export const binary =
  (op: (x: Tensor, y: Tensor) => Tensor, bound: (b: number, c: number) => number): Build =>
  (a, b) =>
    sharesShape(a.x, b.x) ? entry(op(a.x, b.x), bound(a.bound, b.bound)) : undefined

/** Reductions of at least one element, along one axis or, for a large choice, along all. */
export const reduction =
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

export const along =
  (op: (x: Tensor, options: { axis: number }) => Tensor, bound: (b: number, n: number) => number): Build =>
  (a, _b, choice) => {
    const axis = axisOf(a, choice)
    if (axis === undefined || a.x.size === 0) return undefined
    return entry(op(a.x, { axis }), bound(a.bound, a.x.shape[axis] as number))
  }
