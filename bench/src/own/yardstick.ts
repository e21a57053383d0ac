import { copy } from '@wengert/kernels'
import { Arena, compile, type FloatDType, matmul, record } from '@wengert/tape'
import type { GivenTask } from '../engine/index.js'
import { alone } from './alone.js'
import type { OwnOptions } from './options.js'
import { peakGflops } from './peak.js'

const SIZE = 512

/** Fewest bytes that are copied in a measurement, one copy after another. */
const COPIED_BYTES = 2 ** 24

/** What gives the GFLOP/s, or the GB/s, that a task is measured by, at the moment of the call. */
export function yardstickOf(
  kind: OwnOptions['yardstick'],
  { arrays }: Pick<GivenTask, 'arrays'>,
): (() => number) | undefined {
  const given = Object.values(arrays)
  const dtype = given[0]?.dtype === 'f64' ? 'f64' : 'f32'
  switch (kind) {
    case undefined:
      return undefined
    case 'peak':
      return peakGflops(dtype)
    case 'matmul':
      return matmulGflops(dtype)
    case 'copy':
      return copyGigabytes(given.reduce((sum, { data }) => sum + data.byteLength, 0))
  }
}

/** A square product, all of it in an arena. */
function matmulGflops(dtype: FloatDType): () => number {
  const square = { dtype, shape: [SIZE, SIZE] }
  const arena = new Arena()
  arena.load(compile(record(matmul, square, square).program, { pinned: [true, true] }))
  return () => {
    const start = performance.now()
    arena.run()
    return (2 * SIZE ** 3) / (performance.now() - start) / 1e6
  }
}

/** A copy of so many bytes, which are read and written: they are in the same caches as those of a task. */
function copyGigabytes(bytes: number): () => number {
  const size = Math.ceil(bytes / 4)
  const run = alone(copy({ dtype: 'f32', shape: [size], strides: [1], offset: 0 }), 4 * size, 4 * size)
  const times = Math.ceil(COPIED_BYTES / (4 * size))
  return () => {
    const start = performance.now()
    for (let k = 0; k < times; k++) run()
    return (2 * 4 * size * times) / (performance.now() - start) / 1e6
  }
}
