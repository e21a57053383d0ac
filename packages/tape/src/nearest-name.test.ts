import { describe, expect, it } from 'vitest'
import { nearestName } from './nearest-name.js'

describe('the name that was meant', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['keepDims', ['axis', 'keepdims'], 'keepdims'],
    ['keep_dims', ['axis', 'keepdims'], 'keepdims'],
    ['axsi', ['axis', 'keepdims'], 'axis'],
    ['axi', ['axis', 'keepdims'], 'axis'],
    ['xaaxis', ['axis', 'keepdims'], 'axis'],
    ['casual', ['mask', 'causal'], 'causal'],
    ['lr', ['rate', 'momentum'], 'rate'],
    ['bias', ['w', 'b'], 'b'],
    ['bias', ['scale', 'shift'], 'shift'],
    ['weight', ['scale', 'shift'], 'scale'],
    ['b', ['bx', 'bh'], undefined],
    ['colour', ['rate', 'momentum'], undefined],
    ['std', ['axis'], undefined],
    ['', ['axis'], undefined],
    ['axis', [], undefined],
  ])('%s of %j', (wrong, names, meant) => expect(nearestName(wrong, names)).toBe(meant))
})
