import { assemble, detectFeatures, encodeCalls, type FloatDType, peakLoop, slotBytes } from '@wengert/kernels'

const TURNS = 500_000

/** A loop of multiply-adds on registers alone: gives GFLOP/s, the most that a core can do. */
export function peakGflops(dtype: FloatDType): () => number {
  const features = detectFeatures()
  const kernel = peakLoop({ dtype, fma: features.fma, iterations: TURNS })
  const [out, scratch] = [16, 16 + slotBytes(16)]
  const begin = scratch + slotBytes(kernel.scratchBytes)
  const record = encodeCalls([{ kernel: 0, inputs: [], outputs: [out], scratch }])
  const pages = Math.ceil((begin + record.byteLength) / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const module = new WebAssembly.Module(assemble([kernel], features, { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const run = exports['run'] as (begin: number, end: number) => void
  new Int32Array(memory.buffer, begin, record.length).set(record)
  return () => {
    const start = performance.now()
    run(begin, begin + record.byteLength)
    return kernel.flops / (performance.now() - start) / 1e6
  }
}
