import { type DType, elementBytes } from '@wengert/kernels'

/** What is known of a value before it is computed: its dtype and its shape. */
export interface Aval {
  readonly dtype: DType
  readonly shape: readonly number[]
}

/**
 * Number of elements of a shape.
 *
 * @example
 * sizeOf([2, 3]) // → 6
 */
export function sizeOf(shape: readonly number[]): number {
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
export const bytesOf = ({ dtype, shape }: Aval): number => sizeOf(shape) * elementBytes[dtype]

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
export const formatAval = ({ dtype, shape }: Aval): string => `${dtype}[${shape.join(',')}]`

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
