import {
  checkBatch,
  checkDerivatives,
  checkTransposes,
  checkValue,
  conformanceCases,
  untested,
} from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import * as table from './table.js'

const cases = conformanceCases()
const byOp = Map.groupBy(cases, ({ op }) => op)

describe('the table of ops', () => {
  it('has conformance cases for every function', () => {
    expect(untested(Object.keys(table), cases)).toEqual([])
  })

  it('misses a function without cases', () => {
    expect(untested([...Object.keys(table), 'gamma'], cases)).toEqual(['gamma'])
  })

  describe.each([...byOp])('%s', (_op, own) => {
    it('gives the values of its reference', () => {
      for (const test of own) checkValue(test)
    })

    const differentiable = own.filter(test => test.differentiable)
    it('maps over a batch as a loop does', () => {
      for (const test of own) named(test.name, () => checkBatch(test))
    })

    if (differentiable.length === 0) return
    it('has the derivatives of finite differences, of orders 1 and 2', () => {
      for (const test of differentiable) named(test.name, () => checkDerivatives(test))
    })

    it('has a pushforward and a pullback that are transposes', () => {
      for (const test of differentiable) named(test.name, () => checkTransposes(test))
    })
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
