import type { ConformanceCase } from './case.js'
import { checkDerivatives, checkValue } from './check.js'
import { checkBatch, checkEmptyBatch, checkTangent, checkTransposes } from './transforms.js'

/** A check of the conformance table: which cases it applies to, and what it asserts of each. */
export interface Check {
  /** Heading of its column in the table of ops. */
  readonly name: string
  /** What holds of an op that passes. */
  readonly claim: string
  applies(test: ConformanceCase): boolean
  /** @throws Error that says what does not hold. */
  run(test: ConformanceCase): void
}

const always = () => true
const differentiable = (test: ConformanceCase) => test.differentiable

/** All checks. The tests run each on every case it applies to; the table of ops prints which those are. */
export const checks: readonly Check[] = [
  {
    name: 'value',
    claim: 'gives the values of its reference',
    applies: always,
    run: checkValue,
  },
  {
    name: 'vmap',
    claim: 'maps over a batch as a loop does',
    applies: always,
    run: checkBatch,
  },
  {
    name: 'empty batch',
    claim: 'maps over a batch of nothing',
    applies: always,
    run: checkEmptyBatch,
  },
  {
    name: 'vjp, order 2',
    claim: 'has the gradients of finite differences, of orders 1 and 2',
    applies: differentiable,
    run: checkDerivatives,
  },
  {
    name: 'jvp',
    claim: 'has the tangents of finite differences',
    applies: differentiable,
    run: checkTangent,
  },
  {
    name: 'transposes',
    claim: 'has a pushforward and a pullback that are transposes',
    applies: differentiable,
    run: checkTransposes,
  },
]
