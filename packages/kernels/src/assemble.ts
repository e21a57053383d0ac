import type { Kernel } from './kernel.js'
import { type Features, i32, type MemoryImport, ModuleBuilder } from './wasm/index.js'

/** One call of a kernel, with the addresses of its operands. */
export interface KernelCall {
  /** Index into the kernels the module was assembled from. */
  readonly kernel: number
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Address of the scratch space; any number if the kernel needs none. */
  readonly scratch: number
}

/** Words before the addresses in a call record: table element, bytes of the record. */
const HEADER_WORDS = 2

/**
 * Bytes of the record of a call.
 *
 * @example
 * recordBytes({ inputs: 2, outputs: 1 }) // → 24
 */
export const recordBytes = ({ inputs, outputs }: Pick<Kernel, 'inputs' | 'outputs'>): number =>
  4 * (HEADER_WORDS + inputs + outputs + 1)

/**
 * Assembles kernels into one module that imports `env.memory` and exports `run(begin, end)`, which executes the
 * call records between two addresses. A record is i32 words: table element, bytes of the whole record, addresses
 * of inputs, outputs and scratch.
 *
 * @example
 * const bytes = assemble([fill({ dtype: 'f32', size: 3, value: 1 })], { fma: false }, { shared: false })
 * WebAssembly.validate(bytes) // → true
 */
export function assemble(
  kernels: readonly Kernel[],
  features: Features,
  memory: MemoryImport,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(features)
  for (const kernel of kernels) module.element(define(module, kernel))
  const kernelType = module.typeIndex(['i32'], [])
  const run = module.define('run', ['i32', 'i32'], [], (f, begin, end) => {
    f.while(i32.ltU(begin, end), () => {
      f.callIndirect(kernelType, i32.load(begin), begin)
      f.increase(begin, i32.load(begin, 4))
    })
  })
  module.export('run', run)
  return module.encode(memory)
}

function define(module: ModuleBuilder, kernel: Kernel) {
  return module.define(`kernel:${kernel.key}`, ['i32'], [], (f, record) => {
    const address = (word: number) => f.int(i32.load(record, 4 * (HEADER_WORDS + word)))
    const inputs = Array.from({ length: kernel.inputs }, (_, k) => address(k))
    const outputs = Array.from({ length: kernel.outputs }, (_, k) => address(kernel.inputs + k))
    const scratch = address(kernel.inputs + kernel.outputs)
    kernel.emit({ module, f, inputs, outputs, scratch })
  })
}

/**
 * Encodes call records for a module's `run`.
 *
 * @example
 * encodeCalls([{ kernel: 0, inputs: [], outputs: [64], scratch: 0 }]).length // → 4
 */
export function encodeCalls(calls: readonly KernelCall[]): Int32Array<ArrayBuffer> {
  const words: number[] = []
  for (const { kernel, inputs, outputs, scratch } of calls) {
    words.push(kernel, recordBytes({ inputs: inputs.length, outputs: outputs.length }))
    for (const address of inputs) words.push(address)
    for (const address of outputs) words.push(address)
    words.push(scratch)
  }
  return Int32Array.from(words)
}
