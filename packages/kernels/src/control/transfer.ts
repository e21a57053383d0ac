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

/** What {@link sample} brings, and when. */
export interface SampleSpec {
  /** Bytes of a sample, by which the target moves on from one to the next. */
  readonly bytes: number
  /** A sample is taken at every so many counts, from the first on. */
  readonly every: number
  /** The first count, if counts go down from it to 0. */
  readonly from?: number
  /** Counts, each from the first on, before which no samples are taken. Default 0. */
  readonly first?: number
  /** From this count on none are taken. Default: all are. */
  readonly end?: number
}

/**
 * To[k · bytes …] = from[…] at the (first + k·every)-th count, and nothing at others. The count is a second input, an i32.
 *
 * @example
 * sample({ bytes: 8, every: 5 }).key // → 'sample:8:5'
 */
export function sample({ bytes, every, from, first = 0, end }: SampleSpec): Kernel {
  const range = first === 0 && end === undefined ? '' : `:${first}-${end ?? ''}`
  return {
    key: `sample:${bytes}:${every}${from === undefined ? '' : `:${from}`}${range}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs, outputs }) {
      const [source, counter] = inputs as readonly [Local<'i32'>, Local<'i32'>]
      const count = f.int(i32.load(counter))
      if (from !== undefined) f.set(count, i32.sub(from, count))
      if (first > 0) f.set(count, i32.sub(count, first))
      // Counts before the first are large as unsigned numbers.
      const takes = i32.eqz(i32.remU(count, every))
      f.if(
        first === 0 && end === undefined
          ? takes
          : i32.and(takes, i32.ltU(count, (end ?? 2 ** 31 - 1) - first)),
        () => {
          const to = f.int(i32.add(outputs[0] as Local<'i32'>, i32.mul(i32.divU(count, every), bytes)))
          emitBytes(f, to, source, bytes)
        },
      )
    },
  }
}

/**
 * To[…] = from[…], so many bytes, which may overlap.
 *
 * @example
 * shift({ bytes: 32 }).key // → 'shift:32'
 */
export function shift({ bytes }: { readonly bytes: number }): Kernel {
  return {
    key: `shift:${bytes}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs: [source], outputs: [target] }) {
      f.do(memoryCopy(target as Local<'i32'>, source as Local<'i32'>, bytes))
    },
  }
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
      emitBytes(f, to, from, bytes)
    },
  }
}

function emitBytes(f: FunctionBuilder, to: Local<'i32'>, from: Local<'i32'>, bytes: number): void {
  if (bytes > INLINE_BYTES) f.do(memoryCopy(to, from, bytes))
  else emitMoves(f, to, from, bytes)
}

function emitMoves(f: FunctionBuilder, to: Local<'i32'>, from: Local<'i32'>, bytes: number): void {
  let at = 0
  for (; bytes - at >= 16; at += 16) f.do(v128.store(to, v128.load(from, at), at))
  for (; bytes - at >= 4; at += 4) f.do(i32.store(to, i32.load(from, at), at))
  for (; at < bytes; at++) f.do(i32.store8(to, i32.load8u(from, at), at))
}
