import { type Func, i32, i64, type ModuleBuilder, select } from '../wasm/index.js'

/** 2/π = Σ words[k]·2^(−64·k): one word of zeros before the point, then 1,216 bits of the fraction. */
const words: readonly bigint[] = [
  0x0n,
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
]

/** (bit i32) → 64 bits of 2/π from a bit on; bit 63 has weight 1. */
export function bitsOfTwoOverPi(module: ModuleBuilder): Func {
  const word = module.define('two-over-pi:word', ['i32'], ['i64'], (f, index) => {
    const found = f.local('i64')
    words.forEach((value, k) => {
      f.set(found, select(i64.const(value), found, i32.eq(index, k)))
    })
    f.result(found)
  })
  return module.define('two-over-pi', ['i32'], ['i64'], (f, bit) => {
    const index = f.int(i32.shrU(bit, 6))
    const shift = f.local(i64.extendI32U(i32.and(bit, 63)))
    const high = f.local('i64')
    const low = f.local('i64')
    f.setAll([high], word, [index])
    f.setAll([low], word, [i32.add(index, 1)])
    // Two shifts, as a shift by 64 would be one by 0.
    const rest = i64.shrU(i64.shrU(low, i64.const(1n)), i64.sub(i64.const(63n), shift))
    f.result(i64.or(i64.shl(high, shift), rest))
  })
}
