import { assemble, encodeCalls } from '../assemble.js'
import { type Kernel, slotBytes } from '../kernel.js'
import { detectFeatures, type Features } from '../wasm/index.js'

/** Typed arrays that kernels read and write; bool is Uint8Array. */
export type Data = Float32Array | Float64Array | Int32Array | Uint8Array

/** Byte that fills memory before a run, so that reading what nobody wrote shows: as a float it is huge. */
const POISON = 0x7b

/**
 * Runs one kernel on data: operands lie in poisoned memory, each in a slot of exactly {@link slotBytes}, and a
 * write outside of output slots and scratch fails the run.
 */
export function runKernel<T extends Data>(
  kernel: Kernel,
  inputs: readonly Data[],
  outputs: readonly T[],
  features: Features = detectFeatures(),
): readonly T[] {
  let end = 16
  const place = (bytes: number) => {
    const address = end
    end += slotBytes(bytes) + 16
    return address
  }
  const record = place(4 * (3 + kernel.inputs + kernel.outputs))
  const inputAt = inputs.map(data => place(data.byteLength))
  const outputAt = outputs.map(data => place(data.byteLength))
  const scratch = place(kernel.scratchBytes)

  const pages = Math.ceil(end / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const bytes = new Uint8Array(memory.buffer)
  bytes.fill(POISON)
  inputs.forEach((data, k) => {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), inputAt[k])
  })
  const calls = encodeCalls([{ kernel: 0, inputs: inputAt, outputs: outputAt, scratch }])
  new Int32Array(memory.buffer, record, calls.length).set(calls)
  const before = bytes.slice()

  const module = new WebAssembly.Module(assemble([kernel], features, { shared: false }))
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  ;(instance.exports['run'] as (begin: number, end: number) => void)(record, record + calls.byteLength)

  const writable = [
    ...outputs.map((data, k) => [outputAt[k] as number, slotBytes(data.byteLength)] as const),
    [scratch, kernel.scratchBytes] as const,
  ]
  for (const [from, length] of writable) before.fill(0, from, from + length)
  for (let k = 0; k < bytes.length; k++) {
    const inside = writable.some(([from, length]) => k >= from && k < from + length)
    if (!inside && bytes[k] !== before[k])
      throw new Error(`${kernel.key} wrote outside of its outputs, at ${k}`)
  }
  return outputs.map((data, k) => {
    const out = data.slice() as T
    new Uint8Array(out.buffer).set(bytes.subarray(outputAt[k], (outputAt[k] as number) + data.byteLength))
    return out
  })
}
