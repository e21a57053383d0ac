import type { Kernel } from '../kernel.js'
import { type FunctionBuilder, i32, type Local, memoryCopy, v128 } from '../wasm/index.js'

/** Bytes to bring from one place to another; places may move on with a counter. */
export interface TransferSpec {
  readonly bytes: number
  /** Bytes that the source moves on with each count. Default 0. */
  readonly fromStep?: number
  /** Bytes that the target moves on with each count. Default 0. */
  readonly toStep?: number
}

/** Up to so many bytes are moved by loads and stores without a loop. */
const INLINE_BYTES = 128

/**
 * To[count · toStep …] = from[count · fromStep …], exactly so many bytes, which do not overlap. The count is a second
 * input, an i32, unless both steps are 0.
 *
 * @example
 * transfer({ bytes: 8, toStep: 8 }).key // → 'transfer:8:0:8'
 * transfer({ bytes: 8 }).inputs // → 1
 */
export function transfer({ bytes, fromStep = 0, toStep = 0 }: TransferSpec): Kernel {
  const moving = fromStep !== 0 || toStep !== 0
  return {
    key: `transfer:${bytes}:${fromStep}:${toStep}`,
    inputs: moving ? 2 : 1,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs: [source, counter], outputs: [target] }) {
      const count = moving ? f.int(i32.load(counter as Local<'i32'>)) : undefined
      const place = (start: Local<'i32'>, step: number) =>
        count === undefined || step === 0 ? start : f.int(i32.add(start, i32.mul(count, step)))
      const from = place(source as Local<'i32'>, fromStep)
      const to = place(target as Local<'i32'>, toStep)
      if (bytes > INLINE_BYTES) f.do(memoryCopy(to, from, bytes))
      else emitMoves(f, to, from, bytes)
    },
  }
}

function emitMoves(f: FunctionBuilder, to: Local<'i32'>, from: Local<'i32'>, bytes: number): void {
  let at = 0
  for (; bytes - at >= 16; at += 16) f.do(v128.store(to, v128.load(from, at), at))
  for (; bytes - at >= 4; at += 4) f.do(i32.store(to, i32.load(from, at), at))
  for (; at < bytes; at++) f.do(i32.store8(to, i32.load8u(from, at), at))
}
