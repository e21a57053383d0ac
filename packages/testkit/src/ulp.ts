import type { DType } from '@wengert/kernels'

const precision = { f32: { bits: 23, least: -149 }, f64: { bits: 52, least: -1074 } } as const

/** One unit in the last place: the distance of x from the next larger number of its dtype, for x ≥ 0. */
export function ulpOf(x: number, dtype: 'f32' | 'f64'): number {
  const { bits, least } = precision[dtype]
  const [pattern] = new BigUint64Array(new Float64Array([Math.abs(x)]).buffer) as unknown as [bigint]
  const exponent = Number(pattern >> 52n) - 1023
  return 2 ** Math.max(exponent - bits, least)
}

/**
 * Error of a result in units in the last place of `scale` (the exact result, unless terms cancel in it). NaN equals
 * NaN, and infinities only themselves; integers and truth values are exact or infinitely wrong.
 *
 * @example
 * ulpError(1 + 2 ** -23, 1, 'f32') // → 1
 */
export function ulpError(got: number, exact: number, dtype: DType, scale: number = exact): number {
  if (Number.isNaN(got) && Number.isNaN(exact)) return 0
  const want = dtype === 'f32' ? Math.fround(exact) : exact
  if (dtype === 'i32' || dtype === 'bool' || !Number.isFinite(got) || !Number.isFinite(want)) {
    return got === want ? 0 : Number.POSITIVE_INFINITY
  }
  return got === exact ? 0 : Math.abs(got - exact) / ulpOf(scale, dtype)
}
