import { expect, test } from 'vitest'
import { alternately, column, median } from './measure.js'

test('the median is in the middle', () => {
  expect([[5], [3, 1, 2], [1, 2, 3, 10]].map(median)).toEqual([5, 2, 2.5])
  expect(median([])).toBeNaN()
})

test('works take turns, and an abort ends them', async () => {
  const order: string[] = []
  const works = ['a', 'b'].map(name => () => order.push(name))
  const rounds = await alternately(works, 2)
  expect(order).toEqual(['a', 'b', 'a', 'b'])
  expect(column(rounds, 1)).toHaveLength(2)
  await expect(alternately(works, 1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
