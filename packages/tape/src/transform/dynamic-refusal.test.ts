import { thrownBy } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import {
  forLoop,
  grad,
  type RunOptions,
  type SpillStore,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../index.js'
import { PAGE_BYTES } from '../run/index.js'

const bits = (x: Tensor) => new Uint8Array(x.toTypedArray().buffer)

const ramp = (length: number) => tensor(Float32Array.from({ length }, (_, k) => k / length))

const refused = (act: () => unknown) => thrownBy(act, BudgetError)

describe('define by run in too few bytes', () => {
  test('a path that reads nothing is known to its end: the bytes of all of it are named, and will do', () => {
    const deep = (x: Tensor) => {
      let y = x.reshape([60, 100])
      for (let k = 0; k < 12; k++)
        y = y
          .matmul(y.transpose([1, 0]))
          .matmul(x.reshape([60, 100]))
          .tanh()
      return y.sum()
    }
    const x = ramp(6000)
    const { leastBytes, message } = refused(() => grad(deep, { dynamic: true, memory: PAGE_BYTES })(x))
    expect(message).toMatch(/recorded at dynamic-refusal\.test\.ts:\d+:\d+/)
    expect(bits(grad(deep, { dynamic: true, memory: leastBytes })(x))).toEqual(bits(grad(deep)(x)))
  })

  test('is found out without a byte beyond the budget, and by two calls: one more for the line', () => {
    const { Memory } = WebAssembly
    const maxima: number[] = []
    let calls = 0
    const wide = (x: Tensor) => {
      calls++
      let y = x
      for (let k = 0; k < 12; k++) y = y.sin().mul(x)
      return y.sum()
    }
    const x = ramp(40_000)
    try {
      WebAssembly.Memory = class extends Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          super(descriptor)
          maxima.push((descriptor.maximum as number) * PAGE_BYTES)
        }
      }
      const budget = 6 * PAGE_BYTES
      const within = (memory: number) => valueAndGrad(wide, { dynamic: true, memory })(x).gradient
      const { leastBytes } = refused(() => within(budget))
      expect([maxima, calls]).toEqual([[budget], 2])
      expect(bits(within(leastBytes))).toEqual(bits(grad(wide)(x)))
    } finally {
      WebAssembly.Memory = Memory
    }
  })

  test('where it reads what there is no room for, what is named is said to be for the path up to there', () => {
    const looking = (x: Tensor) => {
      const y = x.mul(x).sin()
      return y.sum().item() > 0 ? y.mul(x).mul(y).sum() : y.sum()
    }
    const x = ramp(20_000)
    const within = (memory: number) => valueAndGrad(looking, { dynamic: true, memory })(x).gradient
    expect(() => within(PAGE_BYTES)).toThrowErrorMatchingInlineSnapshot(`
      [BudgetError: No plan fits 65536 bytes for a value that the function reads, so its path is not known beyond.
        expected  at least 196608 bytes for the path up to there
        at        %2 f32[20000] = mul %0 f32[20000], %1 f32[20000], recorded at dynamic-refusal.test.ts:70:19
        fix       give it 196608 bytes (192 KiB) or more, since the rest of the path may need more; or read fewer values]
    `)
    const first = refused(() => within(PAGE_BYTES)).leastBytes
    const second = refused(() => within(first))
    expect(second.message).not.toMatch('not known beyond')
    expect(bits(within(second.leastBytes))).toEqual(bits(grad(looking, { dynamic: true })(x)))
  })

  test('a gradient without the value takes no bytes for the value', () => {
    const f = (x: Tensor) => x.sin().mul(x).sum()
    const x = ramp(8000)
    const memory = PAGE_BYTES
    expect(refused(() => valueAndGrad(f, { dynamic: true, memory })(x)).leastBytes).toBe(2 * PAGE_BYTES)
    const { gradient } = valueAndGrad(f, { dynamic: true })(x)
    expect(bits(grad(f, { dynamic: true, memory })(x))).toEqual(bits(gradient))
  })

  test('values that do not depend on what there is no room for are read as ever', () => {
    const x = ramp(20_000)
    const twice = (x: Tensor) => {
      const wide = x.mul(x).sin()
      const few = x.at(3).add(1)
      return few.item() > 0 ? wide.sum() : few
    }
    const { leastBytes } = refused(() => grad(twice, { dynamic: true, memory: PAGE_BYTES * 2 })(x))
    expect(bits(grad(twice, { dynamic: true, memory: leastBytes })(x))).toEqual(
      bits(grad(twice, { dynamic: true })(x)),
    )
  })

  test('of random paths, the second attempt with the bytes of the whole path is the last', () => {
    const step = fc.record({
      op: fc.constantFrom('sin', 'tanh', 'add', 'sub', 'mul', 'maximum'),
      from: fc.tuple(fc.nat(), fc.nat()),
      look: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 500, max: 20_000 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, length, pages) => {
          const path = (x: Tensor) => {
            const values = [x]
            for (const { op, from, look } of steps) {
              const [a, b] = from.map(k => values[k % values.length] as Tensor) as [Tensor, Tensor]
              const y = op === 'sin' || op === 'tanh' ? a[op]() : a[op as 'add'](b)
              values.push(!look || y.at(7).item() > 0 ? y : y.mul(-0.5))
            }
            return (values.at(-1) as Tensor).mean()
          }
          const x = ramp(length)
          let memory = pages * PAGE_BYTES
          let whole = false
          for (;;) {
            try {
              expect(bits(grad(path, { dynamic: true, memory })(x))).toEqual(
                bits(grad(path, { dynamic: true })(x)),
              )
              break
            } catch (error) {
              if (!(error instanceof BudgetError)) throw error
              expect(error.leastBytes).toBeGreaterThan(memory)
              expect(whole).toBe(false)
              whole = !error.message.includes('not known beyond')
              memory = error.leastBytes
            }
          }
          if (!whole) return
          const within = (memory: number) => grad(path, { dynamic: true, memory })(x)
          if (memory > 2 * PAGE_BYTES) expect(() => within(memory - PAGE_BYTES)).toThrow(BudgetError)
          expect(bits(within(memory + PAGE_BYTES))).toEqual(bits(within(memory)))
        },
      ),
      { numRuns: 40 },
    )
  })

  test.each([10, 25])('the bytes that are named are the fewest, for paths of %d steps', steps => {
    const paths: readonly ((x: Tensor) => Tensor)[] = [
      x => {
        let y = x
        for (let k = 0; k < steps; k++) y = y.sub(y.sin().mul(0.01))
        return y.sum()
      },
      x => {
        const all = Array.from({ length: steps }, (_, k) => x.mul(0.1 + k).sin())
        return all.reduceRight((product, y) => product.mul(y).tanh()).sum()
      },
    ]
    const x = ramp(12_000)
    for (const path of paths) {
      const within = (memory: number) => grad(path, { dynamic: true, memory })(x)
      const { leastBytes } = refused(() => within(PAGE_BYTES))
      expect(bits(within(leastBytes))).toEqual(bits(grad(path)(x)))
      if (leastBytes === 2 * PAGE_BYTES) continue
      expect(refused(() => within(leastBytes - PAGE_BYTES)).leastBytes).toBe(leastBytes)
    }
  })

  test('so they are where what is dear was recorded first, and is what would have been left', () => {
    const length = 16_000
    /** Reads as many values at a time as it is deep. */
    const dear = (x: Tensor, depth: number, k = 0): Tensor =>
      depth === 0
        ? x.mul(1 + k / 1e6).cumprod()
        : dear(x, depth - 1, 2 * k)
            .add(dear(x, depth - 1, 2 * k + 1))
            .mul(0.5)
            .cumprod()
    const path = (args: readonly Tensor[]) => {
      const constant = stopGradient(dear(args[0] as Tensor, 3))
      let y = constant
      for (let k = 0; k < 8; k++)
        y = y
          .mul(constant)
          .add(args[k % args.length] as Tensor)
          .sin()
      return y.sum()
    }
    const args = Array.from({ length: 7 }, (_, k) =>
      tensor(Float32Array.from({ length }, (_, i) => 1 + (i + k) / 1e9)),
    )
    const within = (memory: number) => grad(path, { dynamic: true, memory })(args)
    const { leastBytes } = refused(() => within(3 * PAGE_BYTES))
    expect(within(leastBytes).map(bits)).toEqual(grad(path)(args).map(bits))
    expect(refused(() => within(leastBytes - PAGE_BYTES)).leastBytes).toBe(leastBytes)
  })

  test('a store helps as it does code that is recorded once, and is spoken of where there is none', () => {
    const steps = (x: Tensor) =>
      forLoop(60, (_, y: Tensor) => y.mul(y).add(0.05).sqrt().sin().exp().log().tanh(), x)
    const looping = (x: Tensor) => (x.at(0).item() >= 0 ? steps(x).sum() : x.sum())
    const x = ramp(20_000)
    const written: number[] = []
    const kept = new Map<number, Uint8Array>()
    const spill: SpillStore = {
      bytes: 2 ** 24,
      write(slot, bytes) {
        written.push(slot)
        kept.set(slot, bytes.slice())
      },
      read: (slot, bytes) => bytes.set(kept.get(slot) as Uint8Array),
      clear: () => kept.clear(),
    }
    const within = (options: RunOptions) => bits(grad(looping, { dynamic: true, ...options })(x))
    const { leastBytes, message } = refused(() => within({ memory: PAGE_BYTES }))
    expect(message).not.toMatch('spill')
    const whole = refused(() => within({ memory: leastBytes }))
    expect(whole.message).toMatch(/the option `spill`/)
    const beside = refused(() => within({ memory: leastBytes, spill }))
    expect(beside.message).not.toMatch('spill')
    expect(within({ memory: beside.leastBytes, spill })).toEqual(bits(grad(looping, { dynamic: true })(x)))
    expect(written.length).toBeGreaterThan(0)
  })

  test('without loops no store is spoken of', () => {
    const straight = (x: Tensor) => x.mul(x).sin().mul(x).sum()
    expect(
      refused(() => grad(straight, { dynamic: true, memory: PAGE_BYTES })(ramp(20_000))).message,
    ).not.toMatch('spill')
  })
})
