import { expect, test } from 'vitest'
import { alternately, median, medianRatio, quartiles } from './measure.js'

test('the median is in the middle', () => {
  expect([[5], [3, 1, 2], [1, 2, 3, 10]].map(median)).toEqual([5, 2, 2.5])
  expect(median([])).toBeNaN()
})

test('quartiles are a quarter from the ends', () => {
  expect([[7], [1, 2], [5, 4, 3, 2, 1], [4, 1, 10, 2]].map(quartiles)).toEqual([
    [7, 7],
    [1.25, 1.75],
    [2, 4],
    [1.75, 5.5],
  ])
  expect(quartiles([])).toEqual([Number.NaN, Number.NaN])
})

test('things take turns, each as often as it may', async () => {
  const order: string[] = []
  const things = [
    { rounds: 2, measure: async () => order.push('a') },
    { rounds: 1, measure: async () => order.push('b') },
  ]
  expect(await alternately(things)).toEqual([[1, 3], [2]])
  expect(order).toEqual(['a', 'b', 'a'])
  expect(await alternately([])).toEqual([])
})

test('what fails ends the turns', async () => {
  const fails = { rounds: 1, measure: () => Promise.reject(new Error('enough')) }
  await expect(alternately([fails])).rejects.toThrow('enough')
})

test('ratios are of the same round', () => {
  expect(medianRatio([2, 30, 6], [1, 10, 2])).toBe(3)
  expect(medianRatio([2], [1, 10])).toBe(2)
  expect(medianRatio([], [1])).toBeNull()
})
