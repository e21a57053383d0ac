import {
  assemble,
  detectFeatures,
  encodeCalls,
  type FloatDType,
  type Kernel,
  matmul,
  peakLoop,
  slotBytes,
} from '@wengert/kernels'
import { alternately, column, median } from './measure.js'
import type { BenchRow, SuiteOptions } from './row.js'

/** A matrix product beside the ceiling of the core that was measured with it. */
export interface GemmRow extends BenchRow {
  readonly dtype: FloatDType
  readonly size: number
  readonly gflops: number
  /** Rate of multiply-adds on registers alone. */
  readonly peakGflops: number
  /** Median over rounds of the product's rate by the peak's of the same round. */
  readonly ratioToPeak: number
}

const RUNS = 15
const SIZES = [256, 512, 1024]
const FORMS = [
  { name: 'A·B', transposeA: false, transposeB: false },
  { name: 'Aᵀ·B', transposeA: true, transposeB: false },
  { name: 'A·Bᵀ', transposeA: false, transposeB: true },
]
const PEAK_TURNS = 500_000
/** A product is repeated until it takes about as long as the peak loop. */
const FLOP_A_ROUND = 2.5e8

/** GFLOP/s of the three forms of square products in one thread, and the share of the core's peak they reach. */
export async function gemm({ runs = RUNS, signal, onCase }: SuiteOptions = {}): Promise<readonly GemmRow[]> {
  const rows: GemmRow[] = []
  for (const dtype of ['f32', 'f64'] as const) {
    for (const size of SIZES) {
      for (const { name, ...forms } of FORMS) {
        onCase?.(`${dtype} ${size} ${name}`)
        rows.push({
          case: `${dtype} ${size} ${name}`,
          engine: 'wengert',
          workers: 0,
          budgetBytes: null,
          ...(await product(dtype, size, forms, runs, signal)),
        })
      }
    }
  }
  return rows
}

async function product(
  dtype: FloatDType,
  size: number,
  forms: { readonly transposeA: boolean; readonly transposeB: boolean },
  runs: number,
  signal: AbortSignal | undefined,
) {
  const features = detectFeatures()
  const kernel = matmul({ dtype, batch: 1, m: size, n: size, k: size, ...forms })
  const peak = peakLoop({ dtype, fma: features.fma, iterations: PEAK_TURNS })
  const repeats = Math.max(1, Math.round(FLOP_A_ROUND / kernel.flops))
  const { memory, multiply, loop } = programs(dtype, size, kernel, peak)
  const works = [loop, () => repeat(multiply, repeats), loop]
  // Until the optimised code is there.
  await alternately(works, 3, signal)
  const rounds = await alternately(works, runs, signal)
  const rates = rounds.map(([before = 0, times = 0, after = 0]) => ({
    product: (kernel.flops * repeats) / times / 1e6,
    peak: (2 * peak.flops) / (before + after) / 1e6,
  }))
  return {
    peakBytes: memory.buffer.byteLength,
    medianMs: median(column(rounds, 1)) / repeats,
    runs,
    dtype,
    size,
    gflops: median(rates.map(rate => rate.product)),
    peakGflops: median(rates.map(rate => rate.peak)),
    ratioToPeak: median(rates.map(rate => rate.product / rate.peak)),
  }
}

const repeat = (work: () => void, times: number) => {
  for (let k = 0; k < times; k++) work()
}

/** A product and a peak loop in one memory, on operands of numbers from −1 to 1. */
function programs(dtype: FloatDType, size: number, kernel: Kernel, peak: Kernel) {
  const bytes = dtype === 'f32' ? 4 : 8
  let end = 16
  const place = (length: number) => {
    const address = end
    end += slotBytes(length)
    return address
  }
  const [a, b, c] = [0, 1, 2].map(() => place(size * size * bytes)) as [number, number, number]
  const out = place(16)
  const scratch = place(kernel.scratchBytes)
  const records = [
    encodeCalls([{ kernel: 0, inputs: [a, b], outputs: [c], scratch }]),
    encodeCalls([{ kernel: 1, inputs: [], outputs: [out], scratch }]),
  ]
  const begins = records.map(record => place(record.byteLength))
  const pages = Math.ceil(end / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const module = new WebAssembly.Module(assemble([kernel, peak], detectFeatures(), { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const run = exports['run'] as (begin: number, end: number) => void
  const views = [a, b].map(address =>
    dtype === 'f32'
      ? new Float32Array(memory.buffer, address, size * size)
      : new Float64Array(memory.buffer, address, size * size),
  )
  for (const view of views) for (let k = 0; k < view.length; k++) view[k] = ((k * 7919) % 2003) / 1001 - 1
  for (const [k, record] of records.entries()) {
    new Int32Array(memory.buffer, begins[k] as number, record.length).set(record)
  }
  const call = (k: 0 | 1) => {
    const begin = begins[k] as number
    return () => run(begin, begin + (records[k] as Int32Array).byteLength)
  }
  return { memory, multiply: call(0), loop: call(1) }
}
