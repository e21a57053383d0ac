/**
 * V8's re-vectoriser, an experiment of that engine, makes pairs of neighbouring vectors one of 256 bits. It wants all loads
 * first and neighbouring stores last, as tiles with panels of six vectors have them, which are slow without it.
 *
 * Known limits: products alone are made for it, other kernels gain what it finds in them. It aborts the process at code that
 * it does not expect, such as calls with vectors as results, so a new version of V8 wants the tests of all kernels run with it.
 */
import { assemble, encodeCalls } from '../assemble.js'
import type { FloatDType } from '../dtype.js'
import { isWide, matmul, setWide } from '../gemm/index.js'
import { slotBytes } from '../kernel.js'
import { detectFeatures } from '../wasm/index.js'

/** What Node's `process` has for this. */
interface NodeProcess {
  readonly versions?: { readonly v8?: string }
  /** How Node was built; V8 says so nowhere itself, and prints an error for a flag that it does not have. */
  readonly config?: { readonly variables?: { readonly v8_enable_wasm_simd256_revec?: number } }
  getBuiltinModule?(name: 'node:v8'): { setFlagsFromString(flags: string): void } | undefined
  emitWarning?(message: string, options: { readonly code: string }): void
}

const FLAG = 'experimental-wasm-revectorize'
/** Rows and terms of the products that are tried. */
const SIZE = 96
/** Columns of them: wide panels, and one lane less than one more, in f32 (4·24 + 23) and in f64 (9·12 + 11). */
const COLUMNS = 119
/** How long code runs before it counts as optimised. */
const WARM_UP_MS = 40
const ROUNDS = 5
const REPEATS = 40
/** Wide panels must be faster by this factor. */
const GAIN = 1.15

/**
 * Turns V8's re-vectoriser on for the whole process and makes products for it from now on, if it is there, gives the same
 * bits and is faster, which a trial of about a quarter of a second finds out; otherwise all stays as it was and there is a
 * warning, as in every browser. For Node; to be called before anything is compiled, and in each worker that compiles.
 *
 * @returns whether it is on.
 * @example
 * typeof enableTurbo() // → 'boolean'
 */
export function enableTurbo(): boolean {
  const why = tryTurbo()
  if (why === undefined) return true
  const message = `Products stay as they are: ${why}.`
  const node = nodeProcess()
  if (node?.emitWarning) node.emitWarning(message, { code: 'WENGERT_TURBO' })
  else console.warn(message)
  return false
}

/**
 * As {@link enableTurbo}, without a warning.
 *
 * @returns why it stays off: that the host has none, or what the trial found; undefined if it is on.
 * @example
 * typeof (tryTurbo() ?? '') // → 'string'
 */
export function tryTurbo(): string | undefined {
  if (isWide()) return undefined
  const node = nodeProcess()
  const v8 = node?.getBuiltinModule?.('node:v8')
  if (!v8) return 'this host has no flags of V8'
  if (node?.config?.variables?.v8_enable_wasm_simd256_revec !== 1)
    return `V8 ${node?.versions?.v8} has no re-vectoriser`
  v8.setFlagsFromString(`--${FLAG}`)
  const trouble = (['f32', 'f64'] as const).map(tried).find(found => found !== undefined)
  if (trouble === undefined) setWide(true)
  else v8.setFlagsFromString(`--no-${FLAG}`)
  return trouble
}

const nodeProcess = () => (globalThis as { readonly process?: NodeProcess }).process

/** What speaks against wide panels, if anything does. */
function tried(dtype: FloatDType): string | undefined {
  const [narrow, wide] = [product(dtype, false), product(dtype, true)]
  narrow.warmUp()
  wide.warmUp()
  const [expected, actual] = [narrow.bits(), wide.bits()]
  if (expected.some((word, at) => word !== actual[at]))
    return `in a trial the re-vectoriser changed bits of ${dtype}`
  let [slow, fast] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    slow = Math.min(slow, narrow.time())
    fast = Math.min(fast, wide.time())
  }
  return slow / fast < GAIN ? `in a trial the re-vectoriser did not make ${dtype} faster` : undefined
}

/** A product whose last vector is partly live, in a memory of its own. */
function product(dtype: FloatDType, wide: boolean) {
  const shape = { dtype, batch: [], m: SIZE, n: COLUMNS, k: SIZE, transposeA: false, transposeB: false }
  setWide(wide)
  const kernel = matmul(shape)
  const bytes = assemble([kernel], detectFeatures(), { shared: false })
  setWide(false)
  const operand = slotBytes(SIZE * COLUMNS * 8)
  const [a, b, c, scratch] = [0, 1, 2, 3].map(k => 64 + k * operand) as [number, number, number, number]
  const pages = Math.ceil((scratch + kernel.scratchBytes) / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const make = dtype === 'f32' ? Float32Array : Float64Array
  for (const at of [a, b]) {
    const data = new make(memory.buffer, at, SIZE * COLUMNS)
    for (let k = 0; k < data.length; k++) data[k] = Math.sin(k + at)
  }
  const record = encodeCalls([{ kernel: 0, inputs: [a, b], outputs: [c], scratch }])
  new Int32Array(memory.buffer, 16, record.length).set(record)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  const call = exports['run'] as (begin: number, end: number) => void
  const run = () => call(16, 16 + record.byteLength)
  return {
    warmUp() {
      const end = performance.now() + WARM_UP_MS
      while (performance.now() < end) run()
    },
    bits: () => new Int32Array(memory.buffer.slice(c, c + SIZE * COLUMNS * make.BYTES_PER_ELEMENT)),
    time() {
      const start = performance.now()
      for (let k = 0; k < REPEATS; k++) run()
      return performance.now() - start
    },
  }
}
