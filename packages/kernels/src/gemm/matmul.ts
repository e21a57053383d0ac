import type { FloatDType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { i32, v128 } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { emitProduct, planProduct } from './product.js'

/** Shape and storage of a batch of matrix products. */
export interface MatmulSpec {
  readonly dtype: FloatDType
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  /** A is stored [k, m] instead of [m, k]. */
  readonly transposeA: boolean
  /** B is stored [n, k] instead of [k, n]. */
  readonly transposeB: boolean
  /** A has no batch dimension: one matrix serves all. */
  readonly sharedA?: boolean
  /** B has no batch dimension. */
  readonly sharedB?: boolean
}

/**
 * C[batch, m, n] = op(A)·op(B). Every element is a sum over ascending k in blocks whose length depends on k alone,
 * so the bits of a row of C are the same whatever the number of rows and whatever the batch. Only sums with subnormal
 * terms depend on more: on whether all numbers of the block at hand are tiny (`range.ts`).
 *
 * @throws RangeError if a size is not a whole number ≥ 0.
 * @example
 * matmul({ dtype: 'f32', batch: 1, m: 2, n: 3, k: 4, transposeA: false, transposeB: false }).flops // → 48
 */
export function matmul(spec: MatmulSpec): Kernel {
  const { dtype, transposeA, transposeB, sharedA = false, sharedB = false } = spec
  for (const name of ['batch', 'm', 'n', 'k'] as const) {
    const size = spec[name]
    if (!Number.isInteger(size) || size < 0)
      throw new RangeError(`matmul: ${name} must be a whole number ≥ 0, got ${size}`)
  }
  const { n, k } = spec
  // Rows of all batches against one B are one product.
  const merged = sharedB && !sharedA && !transposeA
  const [batch, m] = merged ? [1, spec.batch * spec.m] : [spec.batch, spec.m]
  const plan = planProduct({ dtype, m, n, k, transposeA, transposeB })
  const { bytes } = lanesOf[dtype]
  const letters = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`
  const shared = `${sharedA ? 'a' : ''}${sharedB ? 'b' : ''}`
  return {
    key: `matmul:${dtype}:${spec.batch}:${spec.m}x${n}x${k}:${letters}:${shared}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: plan.scratchBytes,
    flops: 2 * batch * m * n * k,
    emit(context) {
      const { f, inputs, outputs, scratch } = context
      const [a, b] = inputs.map(address => f.int(address))
      const c = f.int(outputs[0] ?? 0)
      if (a === undefined || b === undefined || batch * m * n === 0) return
      const end = f.int(i32.add(c, batch * m * n * bytes))
      if (k === 0) {
        f.for(c, c, end, 16, () => f.do(v128.store(c, v128.const(new Uint8Array(16)))))
        return
      }
      f.for(c, c, end, m * n * bytes, () => {
        emitProduct(context, plan, { a, b, c, scratch })
        if (!sharedA) f.increase(a, m * k * bytes)
        if (!sharedB) f.increase(b, k * n * bytes)
      })
    },
  }
}
