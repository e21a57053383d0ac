import { checks, conformanceCases, groupBy, unsampled, untested } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import * as table from './table.js'

const cases = conformanceCases()
const byOp = groupBy(cases, ({ op }) => op)

describe('the table of ops', () => {
  it('has conformance cases for every function', () => {
    expect(untested(Object.keys(table), cases)).toEqual([])
  })

  it('misses a function without cases', () => {
    expect(untested([...Object.keys(table), 'gamma'], cases)).toEqual(['gamma'])
  })

  it('has every kind of sample for every elementwise op', () => {
    expect(unsampled(cases)).toEqual([])
  })

  it('misses a kind of sample', () => {
    const scalars = cases.filter(({ name }) => name === 'hypot(f64[], f64[])')
    expect(unsampled(scalars)).toEqual(
      ['arrays', 'broadcast', 'zero-size', 'NaN, ∞'].map(kind => `hypot(f64): ${kind}`),
    )
  })

  describe.each([...byOp])('%s', (_op, own) => {
    for (const { claim, applies, run } of checks) {
      const tests = own.filter(applies)
      if (tests.length === 0) continue
      it(claim, () => {
        for (const test of tests) named(test.name, () => run(test))
      })
    }
  })
})

/** Runs a check and names the case if it fails. */
function named(name: string, check: () => unknown): void {
  try {
    check()
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
