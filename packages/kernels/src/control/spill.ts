/**
 * Bytes that leave the memory for a store of the host and come back: `env.spillOut(slot, address, bytes)` and
 * `env.spillIn(slot, address, bytes)`. A slot is the number of the block of the store in which a record begins. If the host
 * throws, so does `run`.
 */
import type { Kernel } from '../kernel.js'
import { type HostFunction, i32, type Local } from '../wasm/index.js'

type Int = Local<'i32'>

/** What records of a store begin at multiples of. With slots of 32 bits a store has up to 2 TiB. */
export const SPILL_BLOCK_BYTES = 512

/**
 * Blocks of a record of so many bytes.
 *
 * @example
 * spillBlocks(513) // → 2
 */
export const spillBlocks = (bytes: number): number => Math.ceil(bytes / SPILL_BLOCK_BYTES)

/** Records of a value of a loop, one after another in the store. */
export interface SpillSpec {
  /** Bytes of a record. */
  readonly bytes: number
  /** Blocks from a record to the next. Default: as many as it has. */
  readonly stride?: number
  /** A record is written at every so many counts, from the first on. */
  readonly every: number
  /** The first count, if counts go down from it to 0. */
  readonly from?: number
  /** From this count on, each counted from the first, none are written. Default: all are. */
  readonly end?: number
}

const SPILL_OUT: HostFunction = { name: 'spillOut', params: 3 }
const SPILL_IN: HostFunction = { name: 'spillIn', params: 3 }

/**
 * Writes its first input as record k at the k·every-th count, and nothing at others. The second input is the count, an i32;
 * the third is a number, not an address: the slot of record 0.
 *
 * @example
 * spillOut({ bytes: 8, every: 5 }).key // → 'spillOut:8:1:5'
 */
export function spillOut({ bytes, stride = spillBlocks(bytes), every, from, end }: SpillSpec): Kernel {
  return {
    key: `spillOut:${bytes}:${stride}:${every}${from === undefined ? '' : `:${from}`}${end === undefined ? '' : `:-${end}`}`,
    inputs: 3,
    outputs: 0,
    scratchBytes: 0,
    flops: 0,
    hosts: [SPILL_OUT],
    emit({ module, f, inputs }) {
      const [source, counter, first] = inputs as readonly [Int, Int, Int]
      const count = f.int(i32.load(counter))
      if (from !== undefined) f.set(count, i32.sub(from, count))
      const takes = i32.eqz(i32.remU(count, every))
      f.if(end === undefined ? takes : i32.and(takes, i32.ltU(count, end)), () => {
        const slot = i32.add(first, i32.mul(i32.divU(count, every), stride))
        f.call(module.host(SPILL_OUT.name), slot, source, i32.const(bytes))
      })
    },
  }
}

/**
 * Reads record k. The first input is k, an i32; the second is a number, not an address: the slot of record 0.
 *
 * @example
 * spillIn({ bytes: 8 }).key // → 'spillIn:8:1'
 */
export function spillIn({ bytes, stride = spillBlocks(bytes) }: Pick<SpillSpec, 'bytes' | 'stride'>): Kernel {
  return {
    key: `spillIn:${bytes}:${stride}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    hosts: [SPILL_IN],
    emit({ module, f, inputs, outputs }) {
      const [counter, first] = inputs as readonly [Int, Int]
      const slot = i32.add(first, i32.mul(i32.load(counter), stride))
      f.call(module.host(SPILL_IN.name), slot, outputs[0] as Int, i32.const(bytes))
    },
  }
}
