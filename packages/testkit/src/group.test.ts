import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupBy } from './group.js'

test('groups are what a filter by each key gives, in the order of their first items', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ key: fc.integer({ max: 3, min: -3 }), id: fc.nat() })), items => {
      const keys = [...new Set(items.map(({ key }) => key))]
      expect([...groupBy(items, ({ key }) => key)]).toEqual(
        keys.map(key => [key, items.filter(item => item.key === key)]),
      )
    }),
  )
})

test('keys that are NaN are equal, and so are the signs of 0', () => {
  expect([...groupBy([0, Number.NaN, -0, Number.NaN], x => x)]).toEqual([
    [0, [0, -0]],
    [Number.NaN, [Number.NaN, Number.NaN]],
  ])
})
