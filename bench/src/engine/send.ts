import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArraySpec, drawn, type Task } from './task.js'
import type { SentArray, SentTask } from './wire.js'

/** Files in which the numbers of tasks travel: one for each array, whoever reads it. */
export class Parcels {
  readonly #folder: string
  readonly #paths = new Map<string, string>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<Parcels> {
    return new Parcels(await mkdtemp(join(tmpdir(), 'wengert-bench-')))
  }

  /** A task with its numbers in files. */
  async send({ kind, settings, arrays, by, rows = [] }: Task): Promise<SentTask> {
    const sent: Record<string, SentArray> = {}
    for (const [name, spec] of Object.entries(arrays)) {
      sent[name] = { dtype: spec.dtype, shape: spec.shape, path: await this.#write(spec) }
    }
    return { kind, settings, arrays: sent, by, rows }
  }

  /** Deletes the files. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #write(spec: ArraySpec): Promise<string> {
    const key = JSON.stringify(spec)
    const known = this.#paths.get(key)
    if (known) return known
    const path = join(this.#folder, `${this.#paths.size}`)
    const { buffer, byteOffset, byteLength } = drawn(spec)
    await writeFile(path, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength))
    this.#paths.set(key, path)
    return path
  }
}
