/** What the parts of a variant say of how an engine was used. */
const meanings: readonly (readonly [part: RegExp, note: string])[] = [
  [/^value$|^gradient$/, 'value, gradient: the value alone, and with its gradient.'],
  [/^call$/, 'call: as users call it, from tensors to tensors.'],
  [/^in place$/, 'in place: compiled code alone; its numbers stay where it computes.'],
  [/^arena$/, 'arena: compiled code, with numbers copied in and out.'],
  [/^\d+ workers?$/, 'workers: rows shared out among threads, by `createScheduler`.'],
  [/^turbo$/, "turbo: with V8's re-vectoriser, by `enableTurbo`."],
  [/^no budget$|^\d+ %$/, 'no budget, %: with all the memory it likes, and within that share of it.'],
  [/^\d+ MiB$/, 'MiB: within so much memory.'],
  [/^\d+ KiB$/, 'KiB: within so much memory, or the least that will do.'],
  [/^wasm$/, 'wasm: its backend of WebAssembly.'],
  [/^1 thread$|^threads$/, 'threads: one for each core.'],
  [/^1 core$|^all cores$/, '1 core, all cores: what the process may use.'],
]

/**
 * What variants mean, a line for each kind of part that occurs.
 *
 * @example
 * variantNotes(['2 workers', '2 workers, turbo']).map(note => note.split(':')[0]) // → ['workers', 'turbo']
 */
export function variantNotes(variants: readonly string[]): readonly string[] {
  const parts = [...new Set(variants.flatMap(variant => variant.split(', ')))]
  return meanings.filter(([part]) => parts.some(one => part.test(one))).map(([, note]) => note)
}
