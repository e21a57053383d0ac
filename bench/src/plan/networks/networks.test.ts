import { plan, simulate } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { type CaseName, caseNames, caseOf } from '../cases.js'
import { endsOf, movesOf, replay } from '../replay.js'
import { mobileNet, resNet, vgg } from './index.js'

test.each(caseNames)('%s: storing everything is a sound plan that runs nothing twice', name => {
  const { graph, loss } = caseOf(name)
  const found = plan(graph)
  expect(simulate(graph, found).extraCost).toBe(0)
  const { largestWorkingSetBytes, storeEverythingBytes } = endsOf(graph)
  expect(replay(graph, movesOf(graph, [...graph.steps.keys()]))).toEqual({
    peakBytes: storeEverythingBytes,
    extraCost: 0,
  })
  expect(found.peakBytes).toBeGreaterThanOrEqual(storeEverythingBytes)
  expect(largestWorkingSetBytes).toBeLessThan(storeEverythingBytes)
  // forward steps read forward alone, and backward is at least as long
  expect(graph.steps.slice(0, loss).every(step => step.inputs.every(storage => storage < loss))).toBe(true)
  expect(graph.steps.length).toBeGreaterThanOrEqual(2 * loss + 1)
})

test.each<[CaseName, number]>([
  ['vgg-16', 83],
  ['vgg-19', 77],
  ['mobilenet', 19],
  ['resnet-50', 10],
  ['u-net', 40],
  ['fcn-8', 61],
  ['segnet', 42],
])(
  '%s: the largest working set is %d %% of storing everything, as in the published graphs',
  (name, percent) => {
    const { largestWorkingSetBytes, storeEverythingBytes } = endsOf(caseOf(name).graph)
    expect(Math.abs((100 * largestWorkingSetBytes) / storeEverythingBytes - percent)).toBeLessThan(0.5)
  },
)

test('a step that moves more than it computes costs what it moves', () => {
  const [flops, roofline] = [0, 17].map(flopsPerByte => caseOf('vgg-16', flopsPerByte).graph)
  flops?.steps.forEach(({ inputs, outputs, cost }, k) => {
    const moved = [...inputs, ...outputs].reduce((sum, storage) => sum + (flops.bytes[storage] ?? 0), 0)
    expect(roofline?.steps[k]?.cost).toBe(Math.max(cost, 17 * moved))
  })
})

describe('multiply-adds of one image, as published', () => {
  test.each([
    ['VGG-16', vgg(16), 15.5e9],
    ['VGG-19', vgg(19), 19.6e9],
    ['MobileNet', mobileNet(), 569e6],
    ['ResNet-50', resNet(), 3.8e9],
  ])('%s', (_, layers, published) => {
    const flops = layers.reduce((sum, layer) => sum + layer.flops, 0)
    expect(flops / 2 / published).toBeGreaterThan(0.98)
    // layers other than convolutions and products are not counted there
    expect(flops / 2 / published).toBeLessThan(1.08)
  })
})
