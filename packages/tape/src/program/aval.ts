import { type DType, elementBytes } from '@wengert/kernels'
import { checkArgument } from '../options.js'

/** What is known of a value before it is computed: its dtype and its shape. */
export interface Aval {
  readonly dtype: DType
  readonly shape: readonly number[]
}

const isShape = (shape: unknown): boolean =>
  Array.isArray(shape) && shape.every(length => typeof length === 'number')

/** @throws {@link OptionError} unless it has a dtype that there is, and a list of lengths. */
export function checkAval(owner: string, aval: Aval): void {
  const { dtype, shape } = Object(aval) as Partial<Aval>
  const fits = isShape(shape) && typeof dtype === 'string' && Object.hasOwn(elementBytes, dtype)
  checkArgument(owner, 'the aval', aval, fits, '{ dtype, shape }')
}

/**
 * Number of elements of a shape.
 *
 * @example
 * sizeOf([2, 3]) // → 6
 */
export function sizeOf(shape: readonly number[]): number {
  checkArgument('sizeOf', 'the shape', shape, isShape(shape), 'a list of lengths')
  let size = 1
  for (const length of shape) size *= length
  return size
}

/**
 * Bytes of the data of a value.
 *
 * @example
 * bytesOf({ dtype: 'f64', shape: [2, 3] }) // → 48
 */
export function bytesOf(aval: Aval): number {
  checkAval('bytesOf', aval)
  return sizeOf(aval.shape) * elementBytes[aval.dtype]
}

/** Bytes of the data of several values. */
export const bytesOfAll = (avals: readonly Aval[]): number =>
  avals.reduce((sum, aval) => sum + bytesOf(aval), 0)

/** Avals of what has one. */
export const avalsOf = (holders: readonly { readonly aval: Aval }[]): readonly Aval[] =>
  holders.map(({ aval }) => aval)

/** Avals of values of a program. */
export const avalsIn = (
  { avals }: { readonly avals: readonly Aval[] },
  values: readonly number[],
): readonly Aval[] => values.map(value => avals[value] as Aval)

/**
 * The way an aval is written everywhere.
 *
 * @example
 * formatAval({ dtype: 'f32', shape: [3, 4] }) // → 'f32[3,4]'
 */
export function formatAval(aval: Aval): string {
  checkAval('formatAval', aval)
  return `${aval.dtype}[${aval.shape.join(',')}]`
}

/** Whether two shapes are the same. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis])

/** Whether values of this dtype have derivatives. */
export const isFloat = (dtype: DType): dtype is 'f32' | 'f64' => dtype === 'f32' || dtype === 'f64'

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis] as number
  }
  return strides
}
