import { BudgetError } from '../errors.js'
import { countBytes, type Program } from '../program/index.js'
import { adviceOf } from './advise-spill.js'
import { PAGE_BYTES, pageCeil, pageFloor } from './arena.js'
import { type CompileOptions, compile } from './compile.js'
import type { Executable } from './executable.js'
import { explain } from './explain.js'
import type { Explanation } from './explanation.js'
import { remedyOf } from './remedy.js'

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
  return withinPages(program, memoryBytes, bytes => compile(program, { ...options, memoryBytes: bytes }))
}

/** As {@link explain}, for an arena of at most so many bytes, of which whole pages are usable. */
export const explainWithin = (
  program: Program,
  memoryBytes: number | undefined,
  spillBytes: number | undefined,
): Explanation =>
  withinPages(program, memoryBytes, bytes => explain(program, { memoryBytes: bytes, spillBytes }))

/**
 * Does something with a program within the whole pages of so many bytes; undefined for no cap.
 *
 * @throws {@link BudgetError} if they do not suffice, with the fewest pages that would do.
 */
export function withinPages<T>(
  program: Program,
  memoryBytes: number | undefined,
  act: (bytes: number | undefined) => T,
): T {
  if (memoryBytes === undefined) return act(undefined)
  try {
    return act(pageFloor(memoryBytes))
  } catch (error) {
    throw error instanceof BudgetError ? inPages(program, error, memoryBytes) : error
  }
}

/** What was said of a program in bytes, said of whole pages. */
export function inPages(program: Program, error: BudgetError, memoryBytes: number): BudgetError {
  const leastBytes = pageCeil(error.leastBytes)
  const { withStoreBytes, ...data } = error.data
  const withStore = typeof withStoreBytes === 'number' ? pageCeil(withStoreBytes) : leastBytes
  const spills = withStore < leastBytes
  return new BudgetError({
    ...error.parts,
    summary: `No plan fits ${countBytes(memoryBytes)}.`,
    expected: `at least ${leastBytes} bytes, in whole pages of ${PAGE_BYTES}`,
    fix: remedyOf(program, leastBytes) + (spills ? adviceOf(withStore) : ''),
    data: { ...data, ...(spills && { withStoreBytes: withStore }) },
    budgetBytes: memoryBytes,
    leastBytes,
  })
}
