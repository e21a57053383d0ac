/**
 * Packing: copies of blocks of A and B in the order in which the micro-kernel reads them. Panels of B are
 * [k][columns], strips of A are [k][6]; both are read from one end to the other.
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

/**
 * Defines pack(from, stride, to, m, k): the first m elements of each of k rows as strips of {@link STRIP}, one strip
 * after another. Elements past m are arbitrary; nothing further than a vector past m is read.
 */
export function defineStripCopy(module: ModuleBuilder, dtype: FloatDType): Func {
  const lanes = lanesOf[dtype]
  const offsets = dtype === 'f32' ? [0, 2] : [0, 2, 4]
  const stripBytes = STRIP * lanes.bytes
  return module.define(`gemm-strips:${dtype}`, FIVE, [], (f, from, stride, to, m, k) => {
    const [i, end] = [f.local('i32'), f.local('i32')]
    const sources = offsets.map(() => f.local('i32'))
    f.for(i, 0, m, STRIP, () => {
      const left = i32.sub(m, i)
      offsets.forEach((offset, s) => {
        // A vector that would start past m is replaced by one that does not.
        const shift =
          offset === 0 ? 0 : select(i32.const(offset * lanes.bytes), i32.const(0), i32.gtU(left, offset))
        const source = sources[s]
        if (source) f.set(source, i32.add(i32.add(from, i32.mul(i, lanes.bytes)), shift))
      })
      f.set(end, i32.add(to, i32.mul(k, stripBytes)))
      f.for(to, to, end, stripBytes, () => {
        sources.forEach((source, s) => {
          f.do(v128.store(to, v128.load(source), (offsets[s] ?? 0) * lanes.bytes))
          f.increase(source, stride)
        })
      })
    })
  })
}
