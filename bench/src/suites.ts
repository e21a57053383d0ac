import { gemm } from './gemm.js'
import { mlp } from './mlp.js'
import type { BenchRow, SuiteOptions } from './row.js'

const suites = { gemm, mlp } as const

/** The name of a suite. */
export type SuiteName = keyof typeof suites

/** The names of all suites. */
export const suiteNames: readonly SuiteName[] = ['gemm', 'mlp']

/** Runs a suite, one case after another. */
export const runSuite = (name: SuiteName, options: SuiteOptions = {}): Promise<readonly BenchRow[]> =>
  suites[name](options)
