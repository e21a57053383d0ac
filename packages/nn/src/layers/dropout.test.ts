import { grad, mul, randomKey, sum, type Tensor, tensor, WengertError } from '@wengert/tape'
import { checkGradient } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import { dropout } from './dropout.js'

const key = randomKey(3)
const ones = tensor(new Float32Array(20_000).fill(1))
const numbers = (x: Tensor) => Array.from(x.toTypedArray())

describe('dropout', () => {
  it.each([0.1, 0.5, 0.9])('drops a share of %d and keeps the mean', rate => {
    const out = numbers(dropout(key, ones, rate))
    const scale = Math.fround(1 / (1 - rate))
    expect(out.every(x => x === 0 || x === scale)).toBe(true)
    const dropped = out.filter(x => x === 0).length / out.length
    expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / out.length))
  })

  it('of rate 0 is the identity', () => {
    expect(dropout(key, ones, 0)).toBe(ones)
  })

  it('has the mask as its derivative', () => {
    const mask = numbers(dropout(key, ones, 0.5))
    expect(numbers(grad((x: Tensor) => sum(dropout(key, x, 0.5)))(ones))).toEqual(mask)
    const x = tensor(Float64Array.from({ length: 12 }, (_, k) => k - 5.5))
    checkGradient(y => mul(dropout(key, y, 0.3), y), [x])
  })

  it.each([-0.1, 1, Number.NaN])('refuses a rate of %d', rate => {
    expect(() => dropout(key, ones, rate)).toThrow(expect.objectContaining({ code: 'OPTION' }))
  })

  it('says which rate', () => {
    let message = ''
    try {
      dropout(key, ones, 1)
    } catch (error) {
      if (error instanceof WengertError) message = error.message.replace(/at +\S+$/m, 'at …')
    }
    expect(message).toMatchInlineSnapshot(`
      "dropout: rate 1.
        expected  a probability from 0 to below 1
        at …"
    `)
  })
})
