import { unary } from './elementwise.js'

/**
 * Zero in place of numbers too small for all their digits (below 2⁻¹²⁶ in f32, 2⁻¹⁰²² in f64), with which processors
 * compute a hundred times slower; others stay. Its derivative is 1. Loops apply it to the cotangents and tangents that
 * they carry, which vanish in many networks.
 *
 * @example
 * flushSubnormals(tensor([1e-40, -2, 1e-30])).toArray() // ≈ [0, -2, 0]
 */
export const flushSubnormals = unary('flushSubnormals', {
  summary: '0 for subnormal x, otherwise x.',
  kernel(m, x) {
    const tiny = m.constant(m.dtype === 'f32' ? 2 ** -126 : 2 ** -1022)
    return m.select(m.less(m.abs(x), tiny), m.constant(0), x)
  },
  derivative: () => 1,
})
