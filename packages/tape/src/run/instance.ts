import { OptionError } from '../errors.js'
import { checkArgument } from '../options.js'
import type { SpillStore } from '../spill/index.js'

/** Executes the call records between two addresses. */
export type Run = (begin: number, end: number) => void

/**
 * An instance of a module in a memory, whose records leave for a store and come back. The store is empty after each run.
 *
 * @throws {@link OptionError} if the module needs a store and there is none.
 * @example
 * const { module } = compile(record(x => exp(x), tensor([0])).program)
 * const run = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 65536 }), undefined)
 * run(0, 0) // → undefined
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  store: SpillStore | undefined,
): Run {
  const isModule = module instanceof WebAssembly.Module
  checkArgument('instantiate', 'the module', module, isModule, 'that of an executable')
  const spills = WebAssembly.Module.imports(module).some(({ kind }) => kind === 'function')
  if (!spills) return runOf(module, { memory })
  if (!store) throw noStore()
  // Memory that grows has another buffer.
  const bytesAt = (address: number, bytes: number) => new Uint8Array(memory.buffer, address >>> 0, bytes)
  const run = runOf(module, {
    memory,
    spillOut: (slot: number, address: number, bytes: number) =>
      store.write(slot >>> 0, bytesAt(address, bytes)),
    spillIn: (slot: number, address: number, bytes: number) =>
      store.read(slot >>> 0, bytesAt(address, bytes)),
  })
  return (begin, end) => {
    try {
      run(begin, end)
    } finally {
      store.clear()
    }
  }
}

const runOf = (module: WebAssembly.Module, env: WebAssembly.ModuleImports): Run =>
  new WebAssembly.Instance(module, { env }).exports['run'] as Run

const noStore = () =>
  new OptionError({
    summary: 'The executable spills states, and the arena has no store.',
    fix: 'make the arena with `spill`, or compile without',
  })
