import { tensor } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import { callOf, fillBatch, weightsOf } from './call.js'
import type { Rows } from './rows.js'

const message = (act: () => unknown): string => {
  const { name, message } = thrownBy(act, Error)
  return `${name}: ${message}`
}

const batch = {
  x: tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]),
  labels: [tensor([7, 8, 9], { dtype: 'i32' })],
}

describe('the arguments of a call', () => {
  test('are taken apart, and rows of a shard are written', () => {
    const call = callOf(tensor([1]), batch, [2, 0, 1])
    expect(call.signature.row).toEqual([
      { dtype: 'i32', shape: [] },
      { dtype: 'f32', shape: [2] },
    ])
    const inputs = [new Int32Array(2), new Float32Array(4)]
    fillBatch(call, inputs, 0, 2)
    expect(inputs).toEqual([Int32Array.of(9, 7), Float32Array.of(5, 6, 1, 2)])
  })

  test('do not follow an array that is written later', () => {
    const rows = [1]
    const call = callOf(tensor([1]), batch, rows)
    rows[0] = 2
    expect(Array.from(call.selection.at as Int32Array)).toEqual([1])
  })

  test('are refused with what, where and how to mend it', () => {
    const refused: readonly (readonly [unknown, Rows | undefined])[] = [
      [{ ...batch, y: tensor([1, 2]) }, undefined],
      [{ x: tensor([1]), y: tensor(2) }, undefined],
      [[], undefined],
      [batch, []],
      [batch, { from: 1, to: 1 }],
      [batch, [0, 3]],
      [batch, [0.5]],
      [batch, { from: 1, to: 4 }],
    ]
    const messages = refused.map(([odd, rows]) => message(() => callOf(tensor([1]), odd, rows)))
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "ShapeError: batch.y has 2 rows, but batch.labels[0] has 3.
        expected  the same first dimension in every leaf of the batch (2 ≠ 3)
        at        call.test.ts:51:65
      ShapeError: batch.y is a scalar, f32[].
        expected  a first dimension with one entry a row
        at        call.test.ts:51:65
        fix       pass what is not one entry a row with the parameters, or close over it
      OptionError: The batch has no tensors.
        expected  at least one tensor
        at        call.test.ts:51:65
      OptionError: There are no rows to compute.
        expected  at least one row
        at        call.test.ts:51:65
      OptionError: There are no rows to compute.
        expected  at least one row
        at        call.test.ts:51:65
      OptionError: \`rows[1]\` is 3.
        expected  a whole number from 0 to 2, a row of the batch
        at        call.test.ts:51:65
      OptionError: \`rows[0]\` is 0.5.
        expected  a whole number from 0 to 2, a row of the batch
        at        call.test.ts:51:65
      OptionError: \`rows\` is { from: 1, to: 4 }.
        expected  whole numbers with 0 ≤ from ≤ to ≤ 3, the rows of the batch
        at        call.test.ts:51:65"
    `)
  })
})

describe('weights', () => {
  test('are ones by default', () => {
    expect(weightsOf(undefined, 2, 'f32', 'mean')).toEqual({ data: Float32Array.of(1, 1), sum: 2 })
  })

  test('take the dtype of the loss', () => {
    const weights = tensor([0.5, 2])
    expect(weightsOf(weights, 2, 'f64', 'mean')).toEqual({ data: Float64Array.of(0.5, 2), sum: 2.5 })
  })

  test('are refused when they are not one a row or have no mean', () => {
    expect(message(() => weightsOf(tensor([1, 2]), 3, 'f32', 'mean'))).toMatchInlineSnapshot(`
      "ShapeError: \`weights\` is f32[2], but the call has 3 rows.
        expected  f32[3], one weight a row, in the order of the rows of the call
        at        call.test.ts:93:26"
    `)
    expect(message(() => weightsOf(tensor([1, -1]), 2, 'f32', 'mean'))).toMatchInlineSnapshot(`
      "OptionError: \`weights\` sum to zero, so there is no weighted mean.
        expected  weights with a sum other than zero
        at        call.test.ts:98:26
        fix       use \`reduction: 'sum'\`, or leave rows of weight zero out with \`rows\`"
    `)
    expect(weightsOf(tensor([1, -1]), 2, 'f32', 'sum').sum).toBe(0)
  })
})
