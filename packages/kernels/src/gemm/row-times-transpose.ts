/**
 * One row of A times the transpose of B: C[n] (+)= B[n, k] · a[k], with B transposed in registers on its way, so that
 * every element is the same chain acc = a·b + acc over ascending k as in a tile, without packing.
 */
import type { FloatDType } from '../dtype.js'
import { type Func, i32, type Local, type ModuleBuilder, select, v128 } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { storeLive } from './tile.js'

/** Rows of B at a time: several chains hide the latency of one. */
const ROWS = 8

/** Defines row(a, b, bStride, c, n, k, add). */
export function defineRowTimesTranspose(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const fused = module.features.fma
  const groups = ROWS / lanes.count
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
  return module.define(`gemm-row:${dtype}`, params, [], (f, a, b, bStride, c, n, k, add) => {
    const times = (count: number) => Array.from({ length: count }, (_, index) => index)
    const rows = times(ROWS).map(() => f.local('i32'))
    const sums = times(groups).map(() => f.local('v128'))
    const loaded = times(lanes.count).map(() => f.local('v128'))
    const [j, at, end, live] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
    const rest = f.int(i32.remU(k, lanes.count))
    const mainBytes = f.int(i32.mul(i32.sub(k, rest), lanes.bytes))
    const factors = times(lanes.count).map(() => f.local('v128'))

    /** One vector of k for all rows; with `some`, only its first `rest` elements count. */
    const step = (some: boolean) => {
      factors.forEach((factor, p) => {
        f.set(factor, lanes.splat(at, p * lanes.bytes))
      })
      sums.forEach((sum, group) => {
        loaded.forEach((vector, r) => {
          f.set(vector, v128.load(rows[group * lanes.count + r] as Local<'i32'>))
        })
        const columns = lanes.transpose(loaded, value => f.local(value)).map(value => f.local(value))
        columns.forEach((column, p) => {
          const multiply = () => f.set(sum, lanes.madd(factors[p] as Local<'v128'>, column, sum, fused))
          if (some) f.if(i32.gtU(rest, p), multiply)
          else multiply()
        })
      })
    }

    f.for(j, 0, n, ROWS, () => {
      rows.forEach((row, r) => {
        const previous = rows[r - 1]
        // Rows past the last repeat it.
        if (previous) f.set(row, i32.add(previous, i32.mul(bStride, i32.ltU(i32.add(j, r), n))))
        else f.set(row, i32.add(b, i32.mul(j, bStride)))
      })
      for (const sum of sums) f.set(sum, v128.const(new Uint8Array(16)))
      f.set(at, a)
      f.set(end, i32.add(a, mainBytes))
      f.for(at, at, end, 16, () => {
        step(false)
        for (const row of rows) f.increase(row, 16)
      })
      f.if(rest, () => step(true))
      const target = f.int(i32.add(c, i32.mul(j, lanes.bytes)))
      sums.forEach((sum, group) => {
        const first = i32.add(j, group * lanes.count)
        f.if(i32.ltU(first, n), () => {
          f.if(add, () => f.set(sum, lanes.add(v128.load(target, group * 16), sum)))
          f.set(live, i32.sub(n, first))
          f.set(live, select(live, i32.const(lanes.count), i32.ltU(live, lanes.count)))
          storeLive(f, lanes, target, group * 16, sum, live)
        })
      })
    })
  })
}
