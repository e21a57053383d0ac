/**
 * Packing: copies of blocks of A and B as the micro-kernel reads them. Panels of B are [k][columns] and read from one end
 * to the other; a transposed A becomes rows.
 */
import type { FloatDType } from '../dtype.js'
import { type Func, i32, type ModuleBuilder, v128 } from '../wasm/index.js'
import { lanesOf } from './lanes.js'

const FIVE = ['i32', 'i32', 'i32', 'i32', 'i32'] as const

/** Defines pack(from, stride, to, k): copies `vectors` vectors of each of k rows to a panel. */
export function definePanelCopy(module: ModuleBuilder, dtype: FloatDType, vectors: number): Func {
  return module.define(
    `gemm-pack:${dtype}:${vectors}`,
    ['i32', 'i32', 'i32', 'i32'],
    [],
    (f, from, stride, to, k) => {
      const end = f.int(i32.add(to, i32.mul(k, vectors * 16)))
      f.for(to, to, end, vectors * 16, () => {
        for (let v = 0; v < vectors; v++) f.do(v128.store(to, v128.load(from, v * 16), v * 16))
        f.increase(from, stride)
      })
    },
  )
}

/**
 * Defines pack(from, stride, live, to, toStride, k): transposes `live` rows of k elements, at most a vector of
 * them, into one vector for each k, `toStride` bytes apart. Writes a multiple of a vector's lanes of them.
 */
export function defineTransposingCopy(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  return module.define(
    `gemm-transpose:${dtype}`,
    [...FIVE, 'i32'],
    [],
    (f, from, stride, live, to, toStride, k) => {
      const rows = [from]
      while (rows.length < lanes.count) {
        const previous = rows.at(-1) ?? from
        rows.push(f.int(i32.add(previous, i32.mul(stride, i32.gtU(live, rows.length)))))
      }
      const end = f.int(i32.add(from, i32.mul(k, lanes.bytes)))
      const loaded = rows.map(() => f.local('v128'))
      const [step] = [lanes.count * lanes.bytes]
      f.for(from, from, end, step, () => {
        loaded.forEach((vector, r) => {
          f.set(vector, v128.load(rows[r] ?? from))
        })
        for (const column of lanes.transpose(loaded, value => f.local(value))) {
          f.do(v128.store(to, column))
          f.increase(to, toStride)
        }
        for (const row of rows.slice(1)) f.increase(row, step)
      })
    },
  )
}

/** Bytes between rows of a copy of A, so that they are not a power of 2 apart, which would drive them out of the cache. */
export const ROW_GAP = 16

/**
 * Defines pack(from, stride, to, toStride, m, k): a block of A that is stored [k, m] as rows. Writes a multiple of a vector's lanes
 * of them, as long as a whole number of vectors; less than a vector past m is read.
 */
export function defineRowsCopy(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  return module.define(`gemm-rows:${dtype}`, [...FIVE, 'i32'], [], (f, from, stride, to, toStride, m, k) => {
    const [p, at, target] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const steps = Array.from({ length: lanes.count }, () => f.local('i32'))
    const loaded = steps.map(() => f.local('v128'))
    const end = f.local('i32')
    f.for(p, 0, k, lanes.count, () => {
      // Offsets of rows from the first; those past the last repeat it.
      steps.forEach((step, r) => {
        if (r > 0)
          f.set(step, i32.add(steps[r - 1] as typeof step, i32.mul(stride, i32.ltU(i32.add(p, r), k))))
      })
      f.set(target, to)
      f.set(end, i32.add(from, i32.mul(m, lanes.bytes)))
      f.for(at, from, end, 16, () => {
        loaded.forEach((vector, r) => {
          f.set(vector, v128.load(r === 0 ? at : i32.add(at, steps[r] as typeof at)))
        })
        for (const column of lanes.transpose(loaded, value => f.local(value))) {
          f.do(v128.store(target, column))
          f.increase(target, toStride)
        }
      })
      f.increase(from, i32.mul(stride, lanes.count))
      f.increase(to, 16)
    })
  })
}
