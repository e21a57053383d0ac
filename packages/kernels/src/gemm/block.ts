/** Blocks of sums that go to C by way of the working space: what is transposed, and what was raised. */
import type { FloatDType } from '../dtype.js'
import { type Func, i32, type ModuleBuilder, select, v128 } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { storeLive } from './tile.js'

/** Vectors of a row of a block: the width of a panel. */
export const BLOCK_VECTORS = 3

/** Bytes from row to row of a block. */
export const BLOCK_STRIDE = BLOCK_VECTORS * 16

const PARAMS = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const

/** Defines put(block, c, cStride, m, n, add): C[m, n] (+)= block. */
export function defineBlockCopy(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  return module.define(`gemm-block:${dtype}`, PARAMS, [], (f, block, c, cStride, m, n, add) => {
    const [j, from, to] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [value, live] = [f.local('v128'), f.local('i32')]
    f.while(m, () => {
      f.set(from, block)
      f.set(to, c)
      f.for(j, 0, n, lanes.count, () => {
        f.set(value, v128.load(from))
        f.if(add, () => f.set(value, lanes.add(v128.load(to), value)))
        f.set(live, i32.sub(n, j))
        f.set(live, select(live, i32.const(lanes.count), i32.ltU(live, lanes.count)))
        storeLive(f, lanes, to, 0, value, live)
        f.increase(from, 16)
        f.increase(to, 16)
      })
      f.increase(block, BLOCK_STRIDE)
      f.increase(c, cStride)
      f.increase(m, -1)
    })
  })
}

/** Defines put(block, c, cStride, m, n, add): C[n, m] (+)= blockᵀ, of a block of m rows. */
export function defineBlockTranspose(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  return module.define(`gemm-block-transpose:${dtype}`, PARAMS, [], (f, block, c, cStride, m, n, add) => {
    const [i, j, from, to] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
    const [value, live] = [f.local('v128'), f.local('i32')]
    const rows = Array.from({ length: lanes.count }, () => f.local('v128'))
    f.for(i, 0, m, lanes.count, () => {
      f.set(live, i32.sub(m, i))
      f.set(live, select(live, i32.const(lanes.count), i32.ltU(live, lanes.count)))
      f.set(from, block)
      f.set(to, i32.add(c, i32.mul(i, lanes.bytes)))
      f.for(j, 0, n, lanes.count, () => {
        rows.forEach((row, r) => {
          f.set(row, v128.load(from, r * BLOCK_STRIDE))
        })
        lanes
          .transpose(rows, column => f.local(column))
          .forEach((column, r) => {
            f.if(i32.ltU(i32.add(j, r), n), () => {
              f.set(value, column)
              f.if(add, () => f.set(value, lanes.add(v128.load(to), value)))
              storeLive(f, lanes, to, 0, value, live)
              f.increase(to, cStride)
            })
          })
        f.increase(from, 16)
      })
      f.increase(block, lanes.count * BLOCK_STRIDE)
    })
  })
}
