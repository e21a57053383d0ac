import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  broadcastTo,
  forLoop,
  grad,
  matmul,
  record,
  type Tensor,
  tensor,
  transpose,
  whileLoop,
} from '../index.js'
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

/** Numbers, told apart as bits are but for NaNs. */
const values = (x: Tensor) => [...x.toTypedArray()].map(value => (Object.is(value, -0) ? '-0' : value))

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

  /** How a square matrix of a state of two becomes the next; whether a product of it is added where that lies. */
  const products: Record<string, readonly [rule: (a: Tensor, b: Tensor) => Tensor, inPlace: boolean]> = {
    'a + b·b': [(a, b) => a.add(matmul(b, b)), true],
    'a + bᵀ·b': [(a, b) => a.add(matmul(transpose(b), b)), true],
    'a + b·bᵀ': [(a, b) => a.add(matmul(b, transpose(b))), true],
    'a + f(b)·b': [(a, b) => a.add(matmul(b.sin(), b)), true],
    'b·b + a': [(a, b) => matmul(b, b).add(a), false],
    'a + a·b': [(a, b) => a.add(matmul(a, b)), false],
    'a + b·a': [(a, b) => a.add(matmul(b, a)), false],
    'a + f(b·b)': [(a, b) => a.add(matmul(b, b).tanh()), false],
    'a + (b·b) read twice': [
      (a, b) => {
        const product = matmul(b, b)
        return a.add(product).mul(product)
      },
      false,
    ],
    b: [(_, b) => b, false],
  }

  test('a product that is added to a part gives the bits of the steps written out', () => {
    const special = fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, 1e-40, 0.5)
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(products)),
        fc.constantFrom(...Object.keys(products)),
        fc.constantFrom('f32' as const, 'f64' as const),
        fc.oneof(fc.integer({ min: 1, max: 14 }), fc.constant(33)),
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.tuple(fc.nat(), special), { maxLength: 2 }),
        // Rows and columns of the second matrix are raised.
        fc.constantFrom(1, 2 ** -100),
        (first, second, dtype, n, steps, places, scale) => {
          const [one, other] = [products[first]?.[0], products[second]?.[0]] as [
            (a: Tensor, b: Tensor) => Tensor,
            (a: Tensor, b: Tensor) => Tensor,
          ]
          const step = ([a, b]: readonly [Tensor, Tensor]) => [one(a, b), other(b, a)] as [Tensor, Tensor]
          const start = [0, 1].map(k => {
            const data = Float64Array.from({ length: n * n }, (_, at) => (Math.sin(at + k) / n) * scale ** k)
            for (const [at, value] of places) data[at % data.length] = value
            return tensor(data).convert(dtype).reshape([n, n])
          }) as [Tensor, Tensor]
          let want = start
          for (let k = 0; k < steps; k++) want = step(want)
          expect(forLoop(steps, (_, state: [Tensor, Tensor]) => step(state), start).map(values)).toEqual(
            want.map(values),
          )
        },
      ),
      { numRuns: 150 },
    )
  })

  test.each(Object.entries(products))('%s', (_, [rule, inPlace]) => {
    const { program } = record((b, a) => rule(a, b), tensor([[1]]), tensor([[2]]))
    expect(withoutSums(program, 1, 1).program.instructions.some(({ op }) => op === 'added')).toBe(inPlace)
  })

  test('a product of long sums is added afterwards', () => {
    const ops = (k: number) => {
      const x = { dtype: 'f32', shape: [k, 2] } as const
      const { program } = record(
        (x, a) => a.add(matmul(transpose(x), x)),
        x,
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      return withoutSums(program, 1, 1).program.instructions.map(({ op }) => op)
    }
    expect(ops(512)).toContain('added')
    expect(ops(513)).toContain('matmul')
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

  test('a gradient of weights needs its place once, and none for what a step adds', () => {
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
    expect(least).toBeGreaterThan(2 * weightBytes)
    expect(least).toBeLessThan(3 * weightBytes)
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
