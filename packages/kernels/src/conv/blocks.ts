import { lanesOf } from '../gemm/index.js'
import type { Address } from '../kernel.js'
import { type Func, type FunctionBuilder, i32, type Local, select } from '../wasm/index.js'
import { type Conv2dSpec, conv2dSizes, positionBlock } from './spec.js'

type Int = Local<'i32'>

/** A block of output positions of the whole batch. */
export interface Block {
  /** The first position, counted over the batch, and their number. */
  readonly first: Int
  readonly positions: Int
  /** Calls unfold or fold for every output row of the block. */
  walk(func: Func, image: Address, patches: Address): void
}

/** Runs the body for each block of output positions, in ascending order. */
export function eachBlock(f: FunctionBuilder, spec: Conv2dSpec, body: (block: Block) => void): void {
  const sizes = conv2dSizes(spec)
  const { outHeight, outWidth, patch } = sizes
  const { bytes } = lanesOf[spec.dtype]
  const { rows, columns } = positionBlock(spec, sizes)
  const imageBytes = spec.height * spec.width * spec.inChannels * bytes
  const [row0, row, rowEnd] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [from, to, at] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [first, positions] = [f.local('i32'), f.local('i32')]
  const allRows = spec.batch * outHeight
  f.for(row0, 0, allRows, rows, () => {
    f.set(rowEnd, i32.add(row0, rows))
    f.set(rowEnd, select(rowEnd, i32.const(allRows), i32.ltU(rowEnd, allRows)))
    f.for(from, 0, outWidth, columns, () => {
      f.set(to, i32.add(from, columns))
      f.set(to, select(to, i32.const(outWidth), i32.ltU(to, outWidth)))
      f.set(first, i32.add(i32.mul(row0, outWidth), from))
      f.set(positions, i32.mul(i32.sub(rowEnd, row0), i32.sub(to, from)))
      body({
        first,
        positions,
        walk(func, image, patches) {
          f.set(at, patches)
          f.for(row, row0, rowEnd, 1, () => {
            const start = i32.add(image, i32.mul(i32.divU(row, outHeight), imageBytes))
            f.call(func, start, at, i32.remU(row, outHeight), from, to)
            f.increase(at, i32.mul(i32.sub(to, from), patch * bytes))
          })
        },
      })
    })
  })
}
