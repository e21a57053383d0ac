import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Block, Blocks } from './blocks.js'

describe('blocks', () => {
  test('go to the first hole that is large enough, and holes that touch are one', () => {
    const blocks = new Blocks(160)
    const [a, b, c] = [32, 48, 16].map(bytes => blocks.take(bytes) as Block) as [Block, Block, Block]
    expect([a, b, c].map(({ offset }) => offset)).toEqual([0, 32, 80])
    blocks.give(a)
    expect(blocks.take(48)?.offset).toBe(96)
    blocks.give(b)
    expect(blocks.take(80)?.offset).toBe(0)
    expect(blocks.freeBytes).toBe(16)
    expect(blocks.take(32)).toBeUndefined()
  })

  test('at an address', () => {
    const blocks = new Blocks(96)
    blocks.takeAt(32, 16)
    expect([blocks.take(48), blocks.take(32), blocks.take(48)].map(block => block?.offset)).toEqual([
      48,
      0,
      undefined,
    ])
    expect(() => blocks.takeAt(80, 32)).toThrow('taken twice')
  })

  test('never overlap, keep their bytes when they move, and leave no byte behind', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('take' as const), size: fc.integer({ min: 1, max: 8 }) }),
        fc.record({ kind: fc.constant('give' as const), which: fc.nat() }),
        fc.record({ kind: fc.constant('compact' as const) }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, steps => {
        const limit = 320
        const blocks = new Blocks(limit)
        const memory = new Uint8Array(limit)
        const taken: { block: Block; mark: number }[] = []
        let mark = 0
        for (const step of steps) {
          if (step.kind === 'take') {
            const block = blocks.take(16 * step.size)
            if (block) {
              memory.fill(++mark, block.offset, block.offset + block.bytes)
              taken.push({ block, mark })
            } else {
              expect(largestHole(taken, limit)).toBeLessThan(16 * step.size)
            }
          } else if (step.kind === 'give' && taken.length > 0) {
            const [one] = taken.splice(step.which % taken.length, 1) as [(typeof taken)[number]]
            blocks.give(one.block)
          } else if (step.kind === 'compact') {
            blocks.compact((from, to, bytes) => memory.copyWithin(to, from, from + bytes))
            expect(largestHole(taken, limit)).toBe(blocks.freeBytes)
          }
          for (const { block, mark } of taken) {
            const bytes = memory.subarray(block.offset, block.offset + block.bytes)
            expect(bytes.every(byte => byte === mark)).toBe(true)
          }
          expect(blocks.freeBytes).toBe(limit - taken.reduce((sum, { block }) => sum + block.bytes, 0))
        }
        if (steps.length % 2 === 0) for (const { block } of taken) blocks.give(block)
        else blocks.clear()
        expect(blocks.freeBytes).toBe(limit)
        expect(blocks.take(limit)?.offset).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})

function largestHole(taken: readonly { readonly block: Block }[], limit: number): number {
  let [end, largest] = [0, 0]
  for (const { block } of taken.toSorted((a, b) => a.block.offset - b.block.offset)) {
    largest = Math.max(largest, block.offset - end)
    end = block.offset + block.bytes
  }
  return Math.max(largest, limit - end)
}
