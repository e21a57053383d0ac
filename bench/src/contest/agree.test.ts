import { expect, test } from 'vitest'
import { disagreement } from './index.js'

test.each([
  ['equal', { loss: 1 }, { loss: 1 }, undefined],
  ['near', { loss: 1, w: 2.0001 }, { loss: 1, w: 2 }, undefined],
  ['zero', { loss: 0 }, { loss: 0 }, undefined],
  ['of something else', { value: 1 }, { loss: 2 }, undefined],
  ['far', { loss: 1, w: 2.5 }, { loss: 1, w: 2 }, 'w is 2.5, not 2'],
  ['of another sign', { loss: -1 }, { loss: 1 }, 'loss is -1, not 1'],
  ['not a number', { loss: Number.NaN }, { loss: 1 }, 'loss is NaN, not 1'],
  ['null, as NaN comes out of JSON', JSON.parse('{"loss":null}'), { loss: 1 }, 'loss is NaN, not 1'],
])('results that are %s', (_, outputs, reference, expected) => {
  expect(disagreement(outputs, reference, 1e-3)).toBe(expected)
})
