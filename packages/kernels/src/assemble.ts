import type { Kernel } from './kernel.js'
import { type Features, type Func, i32, type MemoryImport, ModuleBuilder } from './wasm/index.js'

/** One call of a kernel, with the addresses of its operands. */
export interface KernelCall {
  /** Index into the kernels the module was assembled from. */
  readonly kernel: number
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Address of the scratch space; any number if the kernel needs none. */
  readonly scratch: number
  /** The calls of each list of the kernel. Default none. */
  readonly lists?: readonly (readonly KernelCall[])[]
}

/** Words before the addresses in a call record: table element, bytes of the record. */
const HEADER_WORDS = 2

/**
 * Bytes of the record of a call, without the calls of its lists.
 *
 * @example
 * recordBytes({ inputs: 2, outputs: 1 }) // → 24
 */
export const recordBytes = ({
  inputs,
  outputs,
  lists = 0,
}: Pick<Kernel, 'inputs' | 'outputs' | 'lists'>): number => 4 * (HEADER_WORDS + inputs + outputs + 1 + lists)

/**
 * Assembles kernels into one module that exports `run(begin, end)`, which executes the call records between two
 * addresses, and imports `env.memory` and the functions of the host that its kernels call. A record is i32 words: table
 * element, bytes of the whole record, addresses of inputs, outputs and scratch, the byte within the record where each
 * list of calls ends, then the calls of its lists.
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
  const hosts = new Map(kernels.flatMap(({ hosts = [] }) => hosts.map(host => [host.name, host])))
  const module = new ModuleBuilder(features, [...hosts.values()])
  const kernelType = module.typeIndex(['i32'], [])
  const run = module.define('run', ['i32', 'i32'], [], (f, begin, end) => {
    f.while(i32.ltU(begin, end), () => {
      f.callIndirect(kernelType, i32.load(begin), begin)
      f.increase(begin, i32.load(begin, 4))
    })
  })
  for (const kernel of kernels) module.element(define(module, kernel, run))
  module.export('run', run)
  return module.encode(memory)
}

function define(module: ModuleBuilder, kernel: Kernel, runCalls: Func): Func {
  return module.define(`kernel:${kernel.key}`, ['i32'], [], (f, record) => {
    const address = (word: number) => f.int(i32.load(record, 4 * (HEADER_WORDS + word)))
    const inputs = Array.from({ length: kernel.inputs }, (_, k) => address(k))
    const outputs = Array.from({ length: kernel.outputs }, (_, k) => address(kernel.inputs + k))
    const scratch = address(kernel.inputs + kernel.outputs)
    const first = HEADER_WORDS + kernel.inputs + kernel.outputs + 1
    const end = (list: number) =>
      list < 0 ? i32.add(record, recordBytes(kernel)) : i32.add(record, i32.load(record, 4 * (first + list)))
    const run = (list: number) => f.call(runCalls, end(list - 1), end(list))
    kernel.emit({ module, f, inputs, outputs, scratch, run })
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
  for (const call of calls) encodeCall(call, words)
  return Int32Array.from(words)
}

function encodeCall({ kernel, inputs, outputs, scratch, lists = [] }: KernelCall, words: number[]): void {
  const begin = words.length
  words.push(kernel, 0)
  for (const address of inputs) words.push(address)
  for (const address of outputs) words.push(address)
  words.push(scratch)
  const ends = words.length
  for (const _ of lists) words.push(0)
  lists.forEach((calls, k) => {
    for (const call of calls) encodeCall(call, words)
    words[ends + k] = 4 * (words.length - begin)
  })
  words[begin + 1] = 4 * (words.length - begin)
}
