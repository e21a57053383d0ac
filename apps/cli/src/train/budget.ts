import { PIECES_BYTES } from '@wengert/nn'
import { BudgetError, formatByteSize, PAGE_BYTES, pageCeil } from '@wengert/tape'

/**
 * The error about the whole budget, from what each part of the work says it needs: with exactly its `leastBytes`,
 * all of them fit.
 *
 * @param probes the parts, run one after the other; each may throw a BudgetError about the lanes' share.
 */
export async function wholeBudgetError(
  budgetBytes: number,
  first: BudgetError,
  probes: readonly (() => Promise<unknown>)[],
): Promise<BudgetError> {
  let tightest = first
  for (const probe of probes) {
    const error = await probe().then(
      () => undefined,
      (cause: unknown) => cause,
    )
    if (error === undefined) continue
    if (!(error instanceof BudgetError)) throw error
    if (error.leastBytes > tightest.leastBytes) tightest = error
  }
  const leastBytes = pageCeil(tightest.leastBytes) + PIECES_BYTES
  const { lanes } = tightest.data
  return new BudgetError({
    summary: `--memory ${formatByteSize(budgetBytes)} is too little to train with ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}.`,
    expected: `at least ${leastBytes} bytes (${leastBytes / PAGE_BYTES} pages of 64 KiB): ${formatByteSize(tightest.leastBytes, 'up')} for the gradient, ${formatByteSize(PIECES_BYTES, 'up')} for the optimiser`,
    // The line would be one of this program.
    at: tightest.parts.at?.replace(/, recorded at .*/, ''),
    fix: `--memory ${leastBytes}, or fewer workers: each has an arena of its own`,
    budgetBytes,
    leastBytes,
  })
}
