import type { Kernel } from '../kernel.js'
import { type FunctionBuilder, i32 } from '../wasm/index.js'

/** A kernel without operands that does something to words at fixed addresses. */
export const act = (key: string, emit: (f: FunctionBuilder) => void): Kernel => ({
  key,
  inputs: 0,
  outputs: 0,
  scratchBytes: 0,
  flops: 0,
  emit: ({ f }) => emit(f),
})

/** The k-th word of the memory. */
export const at = (k: number) => i32.load(i32.const(4 * k))

/** Sets the k-th word of the memory. */
export const put = (f: FunctionBuilder, k: number, value: Parameters<typeof i32.store>[1]): void =>
  f.do(i32.store(i32.const(4 * k), value))
