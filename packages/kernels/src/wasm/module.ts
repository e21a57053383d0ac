import { Bytes } from './bytes.js'
import type { Type } from './expr.js'
import { type Func, FunctionBuilder, type Local, typeByte } from './function.js'

/** What the host's WebAssembly can do, and what a module may use. */
export interface Features {
  /** Fused multiply-add through relaxed SIMD; without it a·b + c is rounded twice. */
  readonly fma: boolean
}

/** The memory a module imports as `env.memory`. */
export interface MemoryImport {
  readonly shared: boolean
}

/** A function of the host that a module imports as `env.name`; it takes i32 numbers and returns nothing. */
export interface HostFunction {
  readonly name: string
  readonly params: number
}

/** Pages a 32-bit memory can have. */
const MAXIMUM_PAGES = 65536

/** Builds one WebAssembly module: functions of the host, functions with a key each, a table of kernels, exports. */
export class ModuleBuilder {
  readonly features: Features
  readonly #types = new Map<string, number>()
  readonly #typeBytes: Bytes[] = []
  readonly #hosts = new Map<string, Func>()
  readonly #functions = new Map<string, Func>()
  readonly #typeOf: number[] = []
  readonly #bodies: (Bytes | undefined)[] = []
  readonly #exports: { name: string; func: Func }[] = []
  readonly #table: Func[] = []

  /** @param hosts functions that the host must give to every instance */
  constructor(features: Features, hosts: readonly HostFunction[] = []) {
    this.features = features
    for (const { name, params } of hosts) {
      const types = new Array<Type>(params).fill('i32')
      this.#hosts.set(name, { index: this.#hosts.size, params: types, results: [] })
      this.typeIndex(types, [])
    }
  }

  /** A function of the host, by its name. */
  host(name: string): Func {
    const func = this.#hosts.get(name)
    if (!func) throw new Error(`The module does not import ${name}.`)
    return func
  }

  /** The function of this key; built at the first call, shared afterwards. */
  define<const P extends readonly Type[]>(
    key: string,
    params: P,
    // Not vectors: V8's re-vectoriser (`turbo/`) aborts the process at calls with such results.
    results: readonly Exclude<Type, 'v128'>[],
    build: (f: FunctionBuilder, ...params: { [K in keyof P]: Local<P[K]> }) => void,
  ): Func {
    const known = this.#functions.get(key)
    if (known) return known
    const place = this.#bodies.length
    const func: Func = { index: this.#hosts.size + place, params, results }
    this.#functions.set(key, func)
    this.#bodies.push(undefined)
    this.#typeOf.push(this.typeIndex(params, results))
    const builder = new FunctionBuilder(params)
    build(builder, ...(builder.params as unknown as { [K in keyof P]: Local<P[K]> }))
    this.#bodies[place] = builder.encode()
    return func
  }

  /** Index of a function type, added if it is new. */
  typeIndex(params: readonly Type[], results: readonly Type[]): number {
    const key = `${params}→${results}`
    const known = this.#types.get(key)
    if (known !== undefined) return known
    const bytes = new Bytes()
    bytes.byte(0x60)
    for (const list of [params, results]) {
      bytes.unsigned(list.length)
      for (const type of list) bytes.byte(typeByte[type])
    }
    this.#types.set(key, this.#typeBytes.length)
    this.#typeBytes.push(bytes)
    return this.#typeBytes.length - 1
  }

  /** Makes a function visible to JavaScript. */
  export(name: string, func: Func): void {
    this.#exports.push({ name, func })
  }

  /** Appends a function to the table and returns its element index. */
  element(func: Func): number {
    this.#table.push(func)
    return this.#table.length - 1
  }

  /** The binary. */
  encode(memory: MemoryImport): Uint8Array<ArrayBuffer> {
    const out = new Bytes()
    out.append(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    section(out, 1, this.#typeBytes, (bytes, type) => bytes.append(type))
    section(out, 2, ['memory', ...this.#hosts.keys()], (bytes, name) => {
      bytes.name('env')
      bytes.name(name)
      const host = this.#hosts.get(name)
      bytes.byte(host ? 0x00 : 0x02)
      if (host) {
        bytes.unsigned(this.typeIndex(host.params, host.results))
      } else {
        bytes.byte(memory.shared ? 0x03 : 0x01)
        bytes.unsigned(0)
        bytes.unsigned(MAXIMUM_PAGES)
      }
    })
    section(out, 3, this.#typeOf, (bytes, type) => bytes.unsigned(type))
    section(out, 4, [this.#table.length], (bytes, size) => {
      bytes.append(new Uint8Array([0x70, 0x01]))
      bytes.unsigned(size)
      bytes.unsigned(size)
    })
    section(out, 7, this.#exports, (bytes, { name, func }) => {
      bytes.name(name)
      bytes.byte(0)
      bytes.unsigned(func.index)
    })
    section(out, 9, this.#table.length > 0 ? [this.#table] : [], (bytes, table) => {
      bytes.append(new Uint8Array([0, 0x41, 0, 0x0b]))
      bytes.unsigned(table.length)
      for (const func of table) bytes.unsigned(func.index)
    })
    section(out, 10, this.#bodies, (bytes, body) => bytes.append(body as Bytes))
    return out.view().slice()
  }
}

function section<T>(
  out: Bytes,
  id: number,
  entries: readonly T[],
  write: (bytes: Bytes, entry: T) => void,
): void {
  if (entries.length === 0) return
  const body = new Bytes()
  body.unsigned(entries.length)
  for (const entry of entries) write(body, entry)
  out.byte(id)
  out.unsigned(body.length)
  out.append(body)
}
