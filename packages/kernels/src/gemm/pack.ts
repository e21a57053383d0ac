/**
 * Packing: copies of blocks of A and B in the order in which the micro-kernel reads them. Panels of B are
 * [k][columns], strips of A are [k][3]; both are read from one end to the other.
 */
import type { FloatDType } from '../dtype.js'
import { type Func, i32, type ModuleBuilder, select, v128 } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { STRIP } from './tile.js'

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

/** Bytes between strips: a row of a strip is written in whole vectors. */
export const STRIP_GAP = 16

/** Strips that are filled side by side, so that a line of the cache is read once. */
const STRIPS_TOGETHER = 4
/** Rows that are a multiple of so many bytes apart share sets of a first-level cache and drive one another out of it. */
export const WAY_BYTES = 4096

/**
 * Defines pack(from, stride, to, m, k): the first m elements of each of k rows as strips of {@link STRIP}, one strip
 * after another. Elements past m are arbitrary; less than a vector past m is read.
 */
export function defineStripCopy(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const rowBytes = STRIP * lanes.bytes
  return module.define(`gemm-strips:${dtype}`, FIVE, [], (f, from, stride, to, m, k) => {
    const stripBytes = f.int(i32.add(i32.mul(k, rowBytes), STRIP_GAP))
    const [i, source, end] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const targets = Array.from({ length: 2 * STRIPS_TOGETHER }, () => f.local('i32'))
    // Each line is read once then.
    const crowded = f.int(i32.eqz(i32.and(stride, WAY_BYTES - 1)))
    const second = f.local('i32')
    // A row of a strip is written as whole vectors; what is too much is overwritten by the next row or falls into the gap.
    const copy = (strips: number) => {
      const [first] = targets
      if (!first) return
      f.set(source, i32.add(from, i32.mul(i, lanes.bytes)))
      targets.slice(0, strips).forEach((target, s) => {
        f.set(target, i32.add(to, i32.mul(stripBytes, s)))
      })
      f.set(end, i32.add(to, i32.mul(k, rowBytes)))
      f.for(first, first, end, rowBytes, () => {
        targets.slice(0, strips).forEach((target, s) => {
          f.do(v128.store(target, v128.load(source, s * rowBytes)))
          if (lanes.count === 2) {
            const rest = s === strips - 1 ? i32.add(source, second) : i32.add(source, 16)
            f.do(v128.store(target, v128.load(rest, s * rowBytes), 16))
          }
          if (s > 0) f.increase(target, rowBytes)
        })
        f.increase(source, stride)
      })
      f.increase(to, i32.mul(stripBytes, strips))
      f.increase(i, strips * STRIP)
    }
    f.while(i32.ltU(i, m), () => {
      const left = i32.sub(m, i)
      // An f64 strip is two vectors; the second would start past m if less than 3 rows are left.
      f.set(second, select(i32.const(16), i32.const(0), i32.geU(left, STRIP)))
      f.if(
        i32.and(crowded, i32.geU(left, 2 * STRIPS_TOGETHER * STRIP)),
        () => copy(2 * STRIPS_TOGETHER),
        () =>
          f.if(
            i32.geU(left, STRIPS_TOGETHER * STRIP),
            () => copy(STRIPS_TOGETHER),
            () => copy(1),
          ),
      )
    })
  })
}
