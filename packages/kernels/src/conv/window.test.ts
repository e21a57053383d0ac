import { describe, expect, it } from 'vitest'
import { windowOutputShape } from './window.js'

const none = [
  [0, 0],
  [0, 0],
] as const
const padded = [
  [0, 1],
  [1, 1],
] as const

describe('windowOutputShape', () => {
  it.each([
    [{ height: 5, width: 5, window: [3, 3], stride: [1, 1], padding: none }, [3, 3]],
    [{ height: 5, width: 6, window: [2, 2], stride: [2, 2], padding: none }, [2, 3]],
    [{ height: 5, width: 5, window: [6, 5], stride: [1, 1], padding: none }, [0, 1]],
    [{ height: 4, width: 4, window: [3, 3], stride: [2, 2], padding: padded }, [2, 2]],
  ] as const)('%j gives %j', (spec, expected) => {
    expect(windowOutputShape(spec)).toEqual(expected)
  })

  it('rejects a stride of 0', () => {
    const spec = { height: 5, width: 5, window: [3, 3], stride: [0, 1], padding: none } as const
    expect(() => windowOutputShape(spec)).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: windowOutputShape: stride must be a whole number ≥ 1, got 0]`,
    )
  })
})
