import { Arena, compile, type FloatDType, matmul, record } from '@wengert/tape'
import type { OwnOptions } from './options.js'
import { peakGflops } from './peak.js'

const SIZE = 512

/** What gives the GFLOP/s that a task is measured by, at the moment of the call. */
export function yardstickOf(kind: OwnOptions['yardstick'], dtype: FloatDType): (() => number) | undefined {
  if (kind === undefined) return undefined
  return kind === 'peak' ? peakGflops(dtype) : matmulGflops(dtype)
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
