import type { Spill, SpillDirectory } from '../spill/index.js'
import type { RunOptions } from './engine.js'

/** Options that are kept apart for one function; the oldest goes first. */
const MOST_KEPT = 8

/** What was made of functions that are still in use, once for all options that say the same. */
export class ByOptions<T> {
  readonly #made = new WeakMap<object, { readonly options: RunOptions; readonly made: T }[]>()

  /** @param make where it was not made before, or so long ago that it is not kept */
  of(fn: object, options: RunOptions, make: () => T): T {
    const kept = this.#made.get(fn) ?? []
    const known = kept.find(one => isSame(one.options, options))
    if (known) return known.made
    const made = make()
    kept.push({ options: { ...options }, made })
    if (kept.length > MOST_KEPT) kept.shift()
    this.#made.set(fn, kept)
    return made
  }
}

const isSame = (a: RunOptions, b: RunOptions): boolean =>
  a.memory === b.memory && a.arithmetic === b.arithmetic && isSameSpill(a.spill, b.spill)

/** Stores are themselves alone; a directory may be written out anew at each call. */
function isSameSpill(a: Spill | undefined, b: Spill | undefined): boolean {
  if (a === b) return true
  const one: Partial<SpillDirectory> = Object(a)
  const other: Partial<SpillDirectory> = Object(b)
  return one.directory !== undefined && one.directory === other.directory && one.bytes === other.bytes
}
