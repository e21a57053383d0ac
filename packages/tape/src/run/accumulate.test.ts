import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { broadcastTo, forLoop, grad, matmul, record, type Tensor, tensor, whileLoop } from '../index.js'
import { simplify } from '../rewrite/index.js'
import { withoutSums } from './accumulate.js'
import { Arena } from './arena.js'
import { compile } from './compile.js'
import { initialNumbers } from './initial.js'
import { plansOf } from './plans-of.js'

/** How a part of a state of two becomes the next, by name. */
const rules = {
  'a + f(b)': (a: Tensor, b: Tensor) => a.add(b.sin()),
  'f(b) + a': (a: Tensor, b: Tensor) => b.sin().add(a),
  'a + b': (a: Tensor, b: Tensor) => a.add(b),
  'a + a': (a: Tensor) => a.add(a),
  'f(a) + a': (a: Tensor) => a.sin().add(a),
  b: (_: Tensor, b: Tensor) => b,
  a: (a: Tensor) => a,
  '(a + f(b)) read twice': (a: Tensor, b: Tensor) => {
    const sum = a.add(b.sin())
    return sum.add(sum.mul(0.1))
  },
}
const names = Object.keys(rules) as (keyof typeof rules)[]

const bits = (x: Tensor) => new Uint8Array(x.toTypedArray().buffer)

describe('sums that are left to the hand-over', () => {
  test('a loop gives the bits of its steps written out, whatever becomes of the parts of its state', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(...names),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (first, second, steps, length) => {
          const step = ([a, b]: readonly [Tensor, Tensor]) =>
            [rules[first](a, b), rules[second](b, a)] as [Tensor, Tensor]
          const start = [0.3, 0.7].map(x =>
            tensor(Float32Array.from({ length }, (_, k) => x + k / length)),
          ) as [Tensor, Tensor]
          let want = start
          for (let k = 0; k < steps; k++) want = step(want)
          const loop = forLoop(steps, (_, state: [Tensor, Tensor]) => step(state), start)
          expect(loop.map(bits)).toEqual(want.map(bits))
          const [, ...turned] = whileLoop(
            ([k]: [Tensor, Tensor, Tensor]) => k.less(steps),
            ([k, a, b]: [Tensor, Tensor, Tensor]) => [k.add(1), ...step([a, b])],
            [tensor(0), ...start],
          )
          expect(turned.map(bits)).toEqual(want.map(bits))
        },
      ),
      { numRuns: 100 },
    )
  })

  test('sums that something else reads, or of other shapes, are none', () => {
    const avals = [tensor([1, 2]), tensor([3, 4]), tensor(5)] as const
    const opsOf = (step: (x: Tensor, part: Tensor, number: Tensor) => Tensor | Tensor[]) => {
      const { program } = record((x, part, number) => step(x, part, number), ...avals)
      const { inputs } = program
      const order = [inputs[0], inputs[2], inputs[1]] as number[]
      return withoutSums({ ...program, inputs: order }, 2, 1).program.instructions.map(({ op }) => op)
    }
    expect(opsOf((x, part) => part.add(x))).toEqual([])
    expect(opsOf((x, part) => x.exp().add(part))).toEqual(['exp'])
    expect(opsOf((x, part) => [part.add(x), part.add(x).exp()])).toContain('add')
    expect(
      opsOf((x, part) => {
        const sum = part.add(x)
        return [sum, sum]
      }),
    ).toEqual(['add'])
    expect(opsOf((_, part, number) => part.add(number))).toEqual(['add'])
    expect(opsOf(x => x.add(x))).toEqual(['add'])
  })

  test('a gradient of weights needs its place once, and a place for what a step adds', () => {
    const [rows, units, steps] = [4, 96, 10]
    const loss = (w: Tensor, x: Tensor) => forLoop(steps, (_, y) => matmul(y, w).tanh(), x).sum()
    const [w, x] = [
      { dtype: 'f32', shape: [units, units] },
      { dtype: 'f32', shape: [rows, units] },
    ] as const
    const { program } = record((w, x) => grad(loss)(w, x), w, x)
    const within = plansOf(simplify(program))
    const least = leastOf(within)
    const weightBytes = 4 * units * units
    expect(least).toBeGreaterThan(3 * weightBytes)
    expect(least).toBeLessThan(4 * weightBytes)
    const { chosen } = within(least)
    expect(chosen.peakBytes + chosen.recordBytes).toBeLessThanOrEqual(least)
  })
})

function leastOf(within: (bytes: number) => unknown): number {
  try {
    within(1)
  } catch (error) {
    return (error as { leastBytes: number }).leastBytes
  }
  return 1
}

describe('first carries that are one number everywhere', () => {
  const loop = (y: Tensor) => forLoop(3, (_, y) => y.add(1), y)
  const x = tensor(2)

  test('are written by the loop alone, unless something else reads them', () => {
    const unmade = (f: (x: Tensor) => Tensor | Tensor[]) => initialNumbers(record(f, x).program).unmade.size
    expect(unmade(x => loop(broadcastTo(x, [4])))).toBe(1)
    expect(unmade(x => loop(broadcastTo(x, [4]).exp()))).toBe(0)
    expect(
      unmade(x => {
        const y = broadcastTo(x, [4])
        return [loop(y), y.exp()]
      }),
    ).toBe(0)
    expect(
      unmade(x => {
        const y = broadcastTo(x, [4])
        return [loop(y), y]
      }),
    ).toBe(0)
  })

  test('have the same bits', () => {
    const arena = new Arena()
    arena.load(compile(record(x => loop(broadcastTo(x.exp(), [5])), x).program))
    arena.write(0, new Float32Array([2]))
    arena.run()
    const want = [1, 1, 1].reduce((y, one) => Math.fround(y + one), x.exp().item())
    expect(arena.read(0)).toEqual(new Float32Array(5).fill(want))
  })
})
