import { type DType, elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { rowMajor, sizeOf } from '../shape.js'
import { type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { collapse } from './broadcast.js'
import { emitElements } from './copy.js'
import { emitRuns } from './runs.js'

/** Where the elements of an array go in a larger one. */
export interface PlaceSpec {
  readonly dtype: DType
  /** Shape of the input. */
  readonly shape: readonly number[]
  /** Elements of the output. */
  readonly outSize: number
  /** Strides of the output along the axes of the input, in elements, such that no two elements meet. */
  readonly strides: readonly number[]
  /** Element of the output where the first of the input goes. */
  readonly offset: number
}

/**
 * Out[offset + Σ iₖ·strideₖ] = x[i₀, i₁, …], and 0 elsewhere: the transpose of a slice.
 *
 * @example
 * place({ dtype: 'f32', shape: [2], outSize: 5, strides: [2], offset: 1 }).key // → 'place:f32:2:5:2:1'
 */
export function place({ dtype, shape, outSize, strides, offset }: PlaceSpec): Kernel {
  const walk = collapse({ lengths: shape, strides: [rowMajor(shape), strides] })
  const bytes = elementBytes[dtype]
  return {
    key: `place:${dtype}:${walk.lengths.join('x')}:${outSize}:${walk.strides[1]?.join('x')}:${offset}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs, outputs }) {
      const out = outputs[0] as Local<'i32'>
      if (sizeOf(walk.lengths) < outSize) emitZeros(f, out, outSize * bytes)
      if (walk.lengths.includes(0)) return
      const operands = [inputs[0] as Local<'i32'>, f.int(i32.add(out, offset * bytes))]
      if (walk.strides[1]?.at(-1) === 1) emitRuns(f, operands, dtype, walk)
      else emitElements(f, operands, dtype, walk)
    },
  }
}

/** Stores zeros, and not a byte more. */
export function emitZeros(f: FunctionBuilder, out: Local<'i32'>, bytes: number): void {
  const zero = f.constant('zero', v128.const(new Uint8Array(16)))
  const whole = bytes - (bytes % 16)
  const cursor = f.local('i32')
  f.for(cursor, out, i32.add(out, whole), 16, () => f.do(v128.store(cursor, zero)))
  for (let k = whole; k < bytes; k++) f.do(i32.store8(out, 0, k))
}
