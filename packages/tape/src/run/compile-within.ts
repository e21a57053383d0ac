import { BudgetError } from '../errors.js'
import { formatByteSize, type Program } from '../program/index.js'
import { PAGE_BYTES, pageCeil, pageFloor } from './arena.js'
import { type CompileOptions, compile } from './compile.js'
import type { Executable } from './executable.js'
import { explain } from './explain.js'
import type { Explanation } from './explanation.js'

/**
 * Compiles for an arena of at most so many bytes, of which whole pages are usable.
 *
 * @throws {@link BudgetError} if no plan fits, with the fewest pages that would do.
 */
export function compileWithin(
  program: Program,
  memoryBytes: number | undefined,
  options: Pick<CompileOptions, 'arithmetic' | 'spillBytes'>,
): Executable {
  return withinPages(memoryBytes, bytes => compile(program, { ...options, memoryBytes: bytes }))
}

/** As {@link explain}, for an arena of at most so many bytes, of which whole pages are usable. */
export const explainWithin = (
  program: Program,
  memoryBytes: number | undefined,
  spillBytes: number | undefined,
): Explanation => withinPages(memoryBytes, bytes => explain(program, { memoryBytes: bytes, spillBytes }))

/** Plans within the whole pages of a number of bytes. */
function withinPages<T>(memoryBytes: number | undefined, plan: (bytes: number | undefined) => T): T {
  if (memoryBytes === undefined) return plan(undefined)
  try {
    return plan(pageFloor(memoryBytes))
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    const leastBytes = pageCeil(error.leastBytes)
    throw new BudgetError({
      ...error.parts,
      summary: `No plan fits ${memoryBytes} bytes.`,
      expected: `at least ${leastBytes} bytes, in whole pages of ${PAGE_BYTES}`,
      fix: `give it ${leastBytes} bytes (${formatByteSize(leastBytes)}), or use smaller batches or layers`,
      budgetBytes: memoryBytes,
      leastBytes,
      cause: error,
    })
  }
}
