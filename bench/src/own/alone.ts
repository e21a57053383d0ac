import { assemble, detectFeatures, encodeCalls, type Kernel, slotBytes } from '@wengert/kernels'

/** What runs a kernel of one input at most and one output, in a memory of its own. */
export function alone(kernel: Kernel, inputBytes: number, outputBytes: number): () => void {
  let end = 16
  const place = (bytes: number) => {
    const address = end
    end += slotBytes(bytes)
    return address
  }
  const inputs = Array.from({ length: kernel.inputs }, () => place(inputBytes))
  const outputs = [place(outputBytes)]
  const scratch = place(kernel.scratchBytes)
  const record = encodeCalls([{ kernel: 0, inputs, outputs, scratch }])
  const begin = place(record.byteLength)
  const pages = Math.ceil(end / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const module = new WebAssembly.Module(assemble([kernel], detectFeatures(), { shared: false }))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const run = exports['run'] as (begin: number, end: number) => void
  new Int32Array(memory.buffer, begin, record.length).set(record)
  return () => run(begin, begin + record.byteLength)
}
