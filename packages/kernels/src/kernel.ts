import type { Expr, FunctionBuilder, HostFunction, Local, ModuleBuilder } from './wasm/index.js'

/**
 * Bytes a kernel may read and write past the end of an operand: it always works on whole vectors. A slot for
 * n bytes of data is therefore {@link slotBytes}(n) long, and starts at a multiple of 16.
 */
export const SLACK_BYTES = 12

/**
 * Size of the arena slot for an operand with `dataBytes` bytes of data.
 *
 * @example
 * slotBytes(4) // → 16
 * slotBytes(5) // → 32
 */
export const slotBytes = (dataBytes: number): number => Math.ceil((dataBytes + SLACK_BYTES) / 16) * 16

/**
 * One computation at fixed shapes: plain facts for the planner, and a function that emits its WebAssembly.
 * Equal keys mean equal code, so a module holds each key once.
 *
 * The bits of a result depend on the inputs alone, never on addresses, so a kernel that runs again gives the
 * same bits. Outputs do not overlap inputs. Inputs are only read. The one exception is a product that is added to what its
 * output holds (`MatmulSpec.adds`), which must run once.
 */
export interface Kernel {
  /** Everything the code depends on, such as `map:tanh:f32:1024`. */
  readonly key: string
  readonly inputs: number
  readonly outputs: number
  /** Bytes of working space, 0 for most. */
  readonly scratchBytes: number
  /** Floating-point operations of one run. */
  readonly flops: number
  /** FLOP equivalents of one run, where operations take longer than an addition. Default: its FLOP. */
  readonly work?: number
  /** Lists of calls that it runs itself, as loops and branches do. Default 0. */
  readonly lists?: number
  /** Functions of the host that it calls. Default none. */
  readonly hosts?: readonly HostFunction[]
  emit(context: KernelContext): void
}

/** What a kernel emits itself into. */
export interface KernelContext {
  readonly module: ModuleBuilder
  readonly f: FunctionBuilder
  /** Addresses of the inputs, in order. */
  readonly inputs: readonly Local<'i32'>[]
  /** Addresses of the outputs, in order. */
  readonly outputs: readonly Local<'i32'>[]
  /** Address of the working space; meaningless if the kernel asked for none. */
  readonly scratch: Local<'i32'>
  /** Emits that the calls of a list of the kernel run. */
  run(list: number): void
}

/** An address plus a constant. */
export type Address = Expr<'i32'>
