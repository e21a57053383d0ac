import { expect, test } from 'vitest'
import { record, type Tensor } from '../index.js'
import { lower } from './lower.js'
import { Regions } from './region.js'

test('equal programs at equal places are planned once, others for themselves', () => {
  const body = (fn: (x: Tensor) => Tensor) => record(fn, { dtype: 'f32', shape: [8] }).program
  const sine = () => body(x => x.sin().mul(x))
  const regions = new Regions()
  const first = regions.of(sine(), ['passing'], 'ample', () => lower(sine(), [false]))
  const again = regions.of(sine(), ['passing'], 'ample', () => {
    throw new Error('It is planned already.')
  })
  expect(again).toBe(first)
  const others = [
    regions.of(sine(), ['passing'], 'least', () => lower(sine(), [false])),
    regions.of(sine(), ['pinned'], 'ample', () => lower(sine(), [true])),
    regions.of(
      body(x => x.cos()),
      ['passing'],
      'ample',
      () =>
        lower(
          body(x => x.cos()),
          [false],
        ),
    ),
  ]
  expect(new Set([first, ...others]).size).toBe(4)
})
