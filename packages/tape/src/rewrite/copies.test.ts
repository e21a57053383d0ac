import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  broadcastTo,
  div,
  equal,
  exp,
  greater,
  matmul,
  max,
  mean,
  mul,
  named,
  reshape,
  square,
  sub,
  sum,
  transpose,
  where,
} from '../ops/index.js'
import { type Program, writtenOp } from '../program/index.js'
import { dataOf, record, type Tensor, type Tree, tensor } from '../record/index.js'
import { Arena, compile, lower } from '../run/index.js'
import { groupedWithCopies } from './copies.js'
import { fuse } from './fuse.js'
import { simplify } from './simplify.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32' as const, shape })

type Recordable = (...xs: Tensor[]) => Tree<Tensor>

const recorded = (fn: Recordable, ...avals: readonly { dtype: 'f32'; shape: number[] }[]): Program =>
  simplify(record(fn as never, ...avals).program)

/** The instructions of a fused program, fused ones as their ops. */
const opsOf = (...args: Parameters<typeof recorded>) =>
  fuse(recorded(...args)).instructions.map(one => writtenOp(one, one.outputs.length - 1))

const centred = (x: Tensor) => sub(x, mean(x, { axis: 1, keepdims: true }))

describe('what is computed again instead of stored', () => {
  test('a few operations on what is there, for a reduction and another group', () => {
    const f = (x: Tensor) => {
      const distances = centred(x)
      return mul(distances, sum(square(distances), { axis: 1, keepdims: true }))
    }
    expect(opsOf(f, f32(512, 8))).toEqual(['sum', 'div', 'sub+square+sum', 'sub+mul'])
  })

  test('for reductions along several axes', () => {
    const f = (x: Tensor, y: Tensor) => [sum(mul(x, y), { axis: 0 }), sum(mul(x, y), { axis: 1 })]
    expect(opsOf(f as Recordable, f32(512, 8), f32(8))).toEqual(['mul+sum', 'mul+sum'])
  })

  test('under another shape', () => {
    const f = (x: Tensor) => {
      const distances = centred(x)
      const same = reshape(reshape(distances, [4096]), [512, 8])
      return matmul(transpose(mul(same, 2)), exp(distances))
    }
    const { program } = groupedWithCopies(recorded(f, f32(512, 8)))
    expect(program.instructions.filter(({ op }) => op === 'sub')).toHaveLength(2)
  })

  test('a mask that is smaller than what it chooses from', () => {
    const f = (x: Tensor, label: Tensor) => {
      const own = equal(label, tensor(Float32Array.from({ length: 8 }, (_, k) => k)))
      const chosen = sum(where(own, x, 0), { axis: 1, keepdims: true })
      return where(own, chosen, x)
    }
    expect(opsOf(f as Recordable, f32(512, 8), f32(512, 1))).toEqual(['equal+where+sum', 'equal+where'])
  })
})

describe('what is stored', () => {
  test.each<[string, Recordable]>([
    ['what takes long', x => mul(exp(x as Tensor), sum(exp(x as Tensor), { axis: 1, keepdims: true }))],
    ['a quotient', x => mul(div(x as Tensor, 3), sum(div(x as Tensor, 3), { axis: 1, keepdims: true }))],
    ['what is given back', x => [centred(x as Tensor), sum(square(centred(x as Tensor)), { axis: 1 })]],
    ['what has a name', x => mul(named(centred(x as Tensor), 'd'), sum(square(centred(x as Tensor))))],
    [
      'what a product reads',
      x => matmul(centred(x as Tensor), mul(x as Tensor, sum(square(centred(x as Tensor))))),
    ],
    [
      'what is made of two that are as large',
      (x, y) => {
        const total = add(x as Tensor, y as Tensor)
        return mul(total, sum(exp(total), { axis: 1, keepdims: true }))
      },
    ],
  ])('%s', (_, fn) => {
    const program = recorded(fn, f32(64, 64), f32(64, 64))
    expect(groupedWithCopies(program).program).toBe(program)
  })

  test('what has few elements', () => {
    const f = (x: Tensor) => mul(centred(x), sum(square(centred(x)), { axis: 1, keepdims: true }))
    const small = recorded(f, f32(63, 65))
    expect(groupedWithCopies(small).program).toBe(small)
    const large = recorded(f, f32(64, 65))
    expect(groupedWithCopies(large).program).not.toBe(large)
  })
})

const cost = (program: Program) =>
  lower(program, []).graph.steps.reduce((total, step) => total + step.cost, 0)

/** Steps from tensors of one shape to another of it. */
type Step = (xs: readonly Tensor[]) => Tensor

const [rows, columns] = [65, 64]
const pick = (xs: readonly Tensor[], k: number) => xs[k % xs.length] as Tensor
const alongRows = { axis: 1, keepdims: true }

const steps: fc.Arbitrary<Step> = fc.tuple(fc.nat(9), fc.nat(), fc.nat()).map(([kind, j, k]): Step => {
  const of: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
    x => sub(x, mean(x, alongRows)),
    x => sub(x, max(x, { axis: 0 })),
    (x, y) => mul(x, sum(y, { axis: 0 })),
    (x, y) => mul(x, sum(square(y), alongRows)),
    (x, y) => where(greater(x, max(y, alongRows)), x, 0.25),
    x => add(x, 0.5).neg(),
    (x, y) => add(x, y).mul(0.5),
    x => exp(x.neg().abs().neg()),
    x => reshape(transpose(x), [rows, columns]),
    (x, y) => broadcastTo(reshape(sum(mul(x, y), { axis: 0 }), [1, columns]), [rows, columns]),
  ]
  const step = of[kind] as (x: Tensor, y: Tensor) => Tensor
  return xs => step(pick(xs, j), pick(xs, k))
})

describe.each(['f32', 'f64'] as const)('random programs in %s', dtype => {
  const draw = (seed: number) => {
    const data = Float64Array.from({ length: rows * columns }, (_, k) => Math.sin(seed + 1.7 * k))
    return tensor(dtype === 'f32' ? Float32Array.from(data) : data, { shape: [rows, columns] })
  }
  const inputs = [draw(1), draw(2)]

  test('have the same bits with as many bytes as they like and with the fewest, and cost no more', () => {
    let copied = 0
    fc.assert(
      fc.property(fc.array(steps, { minLength: 6, maxLength: 16 }), list => {
        const fn = (...xs: Tensor[]) => {
          const all = [...xs]
          for (const step of list) all.push(step(all))
          return all.slice(-2)
        }
        // Op by op, nothing is fused.
        const expected = fn(...inputs).map(x => Array.from(dataOf(x)))
        const program = simplify(record(fn as never, ...inputs).program)
        if (groupedWithCopies(program).program !== program) copied++
        expect(cost(fuse(program))).toBeLessThanOrEqual(cost(program))
        const run = (memoryBytes?: number) => {
          const arena = new Arena()
          arena.load(compile(program, { memoryBytes }))
          for (const [k, x] of inputs.entries()) arena.write(k, dataOf(x))
          arena.run()
          return expected.map((_, k) => Array.from(arena.read(k)))
        }
        expect(run()).toEqual(expected)
        let least = 0
        try {
          run(1)
        } catch (error) {
          least = (error as { leastBytes: number }).leastBytes
        }
        expect(run(least)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
    expect(copied).toBeGreaterThan(5)
  })
})
