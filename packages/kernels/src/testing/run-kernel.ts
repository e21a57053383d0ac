import { assemble, encodeCalls } from '../assemble.js'
import { type Kernel, slotBytes } from '../kernel.js'
import { detectFeatures, type Features } from '../wasm/index.js'

/** Typed arrays that kernels read and write; bool is Uint8Array. */
export type Data = Float32Array | Float64Array | Int32Array | Uint8Array

/** Byte that fills memory before a run, so that reading what nobody wrote shows: as a float it is huge. */
const POISON = 0x7b

const PAGE_BYTES = 65536

/**
 * Runs one kernel on data: operands lie in poisoned memory, each in a slot of exactly {@link slotBytes}, and a
 * write outside of output slots and scratch fails the run.
 *
 * @param last which operand (inputs, then outputs, then the scratch) ends where memory does, so that reading past its slot traps.
 * Default: none.
 */
export function runKernel<T extends Data>(
  kernel: Kernel,
  inputs: readonly Data[],
  outputs: readonly T[],
  features: Features = detectFeatures(),
  last?: number,
): readonly T[] {
  let end = 16
  const place = (bytes: number) => {
    const address = end
    end += bytes + 16
    return address
  }
  const record = place(slotBytes(4 * (3 + kernel.inputs + kernel.outputs)))
  const slots = [
    ...[...inputs, ...outputs].map(data => slotBytes(data.byteLength)),
    Math.ceil(kernel.scratchBytes / 16) * 16,
  ]
  const places = slots.map((bytes, k) => (k === last ? 0 : place(bytes)))
  const lastBytes = last === undefined ? 0 : (slots[last] as number)
  const pages = Math.ceil((end + lastBytes) / PAGE_BYTES)
  if (last !== undefined) places[last] = pages * PAGE_BYTES - lastBytes
  const [inputAt, outputAt] = [places.slice(0, inputs.length), places.slice(inputs.length, -1)]
  const scratch = places.at(-1) as number

  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const bytes = new Uint8Array(memory.buffer)
  bytes.fill(POISON)
  inputs.forEach((data, k) => {
    bytes.set(bytesOf(data), inputAt[k])
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

/**
 * Runs one kernel as {@link runKernel} does, once with each operand and the scratch at the end of memory.
 *
 * @throws WebAssembly.RuntimeError if it reads or writes past a slot; Error if a result depends on where operands lie.
 */
export function runAtEnds<T extends Data>(
  kernel: Kernel,
  inputs: readonly Data[],
  outputs: readonly T[],
  features: Features = detectFeatures(),
): readonly T[] {
  const results = runKernel(kernel, inputs, outputs, features)
  for (let last = 0; last <= inputs.length + outputs.length; last++) {
    const moved = runKernel(kernel, inputs, outputs, features, last)
    if (moved.some((data, k) => !sameBytes(data, results[k] as T)))
      throw new Error(`${kernel.key}: results depend on where operand ${last} lies`)
  }
  return results
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Data) => new Uint8Array(buffer, byteOffset, byteLength)

const sameBytes = (x: Data, y: Data) => {
  const other = bytesOf(y)
  return bytesOf(x).every((byte, k) => byte === other[k])
}
