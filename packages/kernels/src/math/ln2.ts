import type { FloatDType } from '../dtype.js'

/** ln 2 in two parts; products of the first with exponents are exact, with and without fused multiply-add. */
export const ln2Of: Readonly<Record<FloatDType, { readonly high: number; readonly low: number }>> = {
  f32: { high: 0.693115234375, low: 3.1946184945309415e-5 },
  f64: { high: 0.6931471803691238, low: 1.9082149292705877e-10 },
}
