/** The element types of tensors. */
export type DType = 'f32' | 'f64' | 'i32' | 'bool'

/** The floating-point dtypes: those that are differentiable. */
export type FloatDType = 'f32' | 'f64'

/** Bytes an element takes in an arena; a bool is one byte, 0 or 1. */
export const elementBytes: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4, bool: 1 }
