import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  broadcastTo,
  convert,
  cumsum,
  exp,
  greater,
  matmul,
  max,
  mul,
  named,
  neg,
  reshape,
  sin,
  slice,
  square,
  sum,
  tanh,
  transpose,
  where,
} from '../ops/index.js'
import { fusionOf, type Program, sizeOf, writtenOp } from '../program/index.js'
import { dataOf, record, type Tensor, type Tree, tensor } from '../record/index.js'
import { Arena, compile, lower } from '../run/index.js'
import { grad } from '../transform/index.js'
import { fuse } from './fuse.js'
import { simplify } from './simplify.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32' as const, shape })
const f64 = (...shape: number[]) => ({ dtype: 'f64' as const, shape })

type Recordable = (...xs: Tensor[]) => Tree<Tensor>

const fused = (fn: Recordable, ...avals: readonly { dtype: 'f32' | 'f64'; shape: number[] }[]): Program =>
  fuse(simplify(record(fn as never, ...avals).program))

/** The instructions of a fused program, fused ones as their ops. */
const opsOf = (program: Program) => program.instructions.map(one => writtenOp(one, one.outputs.length - 1))

describe('what is run as one', () => {
  test('a chain', () => {
    expect(opsOf(fused(x => tanh(exp(x).add(1)).neg(), f32(3)))).toEqual(['exp+add+tanh+neg'])
  })

  test('operands that are repeated, transposed or cut out', () => {
    const f = (x: Tensor, bias: Tensor) => {
      const rows = slice(x, [1, 0], [3, 4])
      return add(tanh(add(rows, bias)), broadcastTo(reshape(bias, [1, 4]), [2, 4]))
    }
    expect(opsOf(fused(f as Recordable, f32(5, 4), f32(4)))).toEqual(['add+tanh+add'])
  })

  test('but not along another axis, where vectors would be gathered', () => {
    const f = (x: Tensor, y: Tensor) => tanh(add(transpose(x), y))
    expect(opsOf(fused(f as Recordable, f32(3, 4), f32(4, 3)))).toEqual(['transpose', 'add+tanh'])
  })

  test('under several shapes', () => {
    expect(opsOf(fused(x => tanh(reshape(exp(x), [2, 6])).add(1), f32(3, 4)))).toEqual(['exp+tanh+add'])
  })

  test('what others read besides is stored', () => {
    const f = (x: Tensor) => {
      const e = exp(x)
      return [tanh(e), e]
    }
    const { instructions } = fused(f as Recordable, f32(3))
    expect(instructions).toHaveLength(1)
    expect(fusionOf(instructions[0]?.params as never).outputs.map(({ node }) => node)).toEqual([0, 1])
  })

  test('not where something in between reads it', () => {
    const f = (x: Tensor) => {
      const e = exp(x)
      return mul(e, cumsum(e))
    }
    expect(opsOf(fused(f as Recordable, f32(9)))).toEqual(['exp', 'cumsum', 'mul'])
  })

  test('not f32 with f64, nor different sizes', () => {
    expect(opsOf(fused(x => sin(convert(exp(x), 'f64')), f32(3)))).toEqual(['exp', 'convert', 'sin'])
    expect(opsOf(fused(x => add(exp(sum(x)), sin(x)), f32(3)))).toEqual(['sum', 'exp', 'sin+add'])
  })

  test('conditions and choices', () => {
    const f = (x: Tensor) => where(greater(exp(x), 1), x, x.mul(0.5))
    expect(opsOf(fused(f, f64(5)))).toEqual(['exp+greater+mul+where'])
  })

  test('values keep their names', () => {
    const { instructions } = fused(x => sin(named(exp(x), 'hidden')).square(), f32(3))
    const { outputs } = fusionOf(instructions[0]?.params as never)
    expect(outputs.map(({ name }) => name)).toEqual(['hidden', undefined])
  })

  test('what reduces it, if nothing else reads it', () => {
    expect(opsOf(fused(x => sum(tanh(x).square(), { axis: 1 }), f32(4, 6)))).toEqual(['tanh+square+sum'])
    expect(opsOf(fused(x => max(exp(x), { axis: 0 }).add(1), f64(4, 6)))).toEqual(['exp+max', 'add'])
    const both = (x: Tensor) => {
      const e = exp(x)
      return [sum(e), e]
    }
    expect(opsOf(fused(both as Recordable, f32(4)))).toEqual(['exp', 'sum'])
    // Under another shape, or along axes that are no neighbours, it is stored.
    expect(opsOf(fused(x => sum(reshape(exp(x), [3, 8]), { axis: 0 }), f32(4, 6)))).toEqual([
      'exp',
      'reshape',
      'sum',
    ])
    expect(opsOf(fused(x => sum(exp(x), { axis: [0, 2] }), f32(4, 6, 2)))).toEqual(['exp', 'sum'])
  })

  test('negations that only sums and differences read are part of these', () => {
    const f = (x: Tensor, y: Tensor) => add(exp(x), neg(y)).sub(neg(x))
    expect(opsOf(fused(f as Recordable, f32(3), f32(3)))).toEqual(['exp+sub+add'])
  })

  test('short chains on few elements are groups of as many as long ones', () => {
    const chain = (of: (x: Tensor) => Tensor) => (x: Tensor) =>
      Array.from({ length: 60 }).reduce<Tensor>(y => of(y), x)
    const lengths = (of: (x: Tensor) => Tensor) =>
      fused(chain(of), f32(1000)).instructions.map(({ params }) => fusionOf(params).nodes.length)
    expect(lengths(sin)).toEqual([12, 48])
    expect(lengths(square)).toEqual([60])
    expect(lengths(x => square(square(sin(x))))).toEqual([48, 48, 48, 36])
  })

  test.each([
    { of: sin, shape: [4096], most: 256 },
    { of: square, shape: [4096], most: 256 },
    { of: sin, shape: [4095], most: 48 },
    { of: square, shape: [4095], most: 192 },
    { of: sin, shape: [], most: 4096 },
  ])('long chains of $of.name of $shape are several, none of more than $most', ({ of, shape, most }) => {
    const program = fused(x => Array.from({ length: 5000 }).reduce<Tensor>(y => of(y), x), f32(...shape))
    const lengths = program.instructions.map(({ params }) => fusionOf(params).nodes.length)
    expect(lengths.reduce((total, length) => total + length)).toBe(5000)
    expect(lengths.length).toBe(Math.ceil(5000 / most))
    expect(Math.max(...lengths)).toBe(most)
  })
})

const cost = (program: Program) =>
  lower(program, []).graph.steps.reduce((total, step) => total + step.cost, 0)

test('nothing costs more than by itself', () => {
  const net = (w: Tensor, x: Tensor) =>
    tanh(matmul(tanh(matmul(x, w)), w))
      .square()
      .sum()
  const { program } = record(grad(net) as never, f32(16, 16), f32(8, 16))
  expect(cost(fuse(simplify(program)))).toBeLessThan(cost(simplify(program)))
})

/** Steps from tensors of two shapes, which broadcast, to another tensor. */
type Step = (xs: readonly Tensor[]) => Tensor

const [rows, columns] = [3, 5]
const like = (x: Tensor): Tensor => (x.rank === 2 ? x : broadcastTo(x, [rows, columns]))
const pick = (xs: readonly Tensor[], k: number) => xs[k % xs.length] as Tensor

const steps: fc.Arbitrary<Step> = fc.tuple(fc.nat(13), fc.nat(), fc.nat()).map(([kind, j, k]): Step => {
  const of: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
    x => tanh(x),
    x => exp(x.neg()),
    (x, y) => add(x, y),
    (x, y) => mul(x, y),
    (x, y) => where(greater(x, y), x, y.mul(0.25)),
    x => reshape(sin(reshape(like(x), [columns, rows])), [rows, columns]),
    x => transpose(reshape(like(x), [columns, rows])),
    x => sum(like(x), { axis: 0 }),
    x => max(like(x), { axis: 0 }),
    x => reshape(sum(like(x), { axis: 1 }), [rows, 1]).mul(like(x)),
    x => cumsum(like(x)).mul(0.1),
    x => named(x, 'some').square(),
    x => slice(like(x), [1, 0], [2, columns]).reshape([columns]),
    (x, y) => convert(convert(greater(x, y), 'i32'), x.dtype as 'f32'),
  ]
  const step = of[kind] as (x: Tensor, y: Tensor) => Tensor
  return xs => step(pick(xs, j), pick(xs, k))
})

describe.each(['f32', 'f64'] as const)('random programs in %s', dtype => {
  const draw = (shape: number[], seed: number) => {
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(seed + 1.7 * k))
    return tensor(dtype === 'f32' ? Float32Array.from(data) : data, { shape })
  }
  const inputs = [draw([rows, columns], 1), draw([columns], 2), draw([rows, 1], 3).reshape([rows, 1])]

  test('have the same bits with as many bytes as they like and with the fewest', () => {
    let groups = 0
    fc.assert(
      fc.property(fc.array(steps, { minLength: 2, maxLength: 20 }), list => {
        const fn = (...xs: Tensor[]) => {
          const all = [...xs.slice(0, 2), broadcastTo(xs[2] as Tensor, [rows, columns])]
          for (const step of list) all.push(step(all))
          return all.slice(-3)
        }
        // Op by op, nothing is fused.
        const expected = fn(...inputs).map(x => Array.from(dataOf(x)))
        const { program } = record(fn as never, ...inputs)
        // A program that fits fused is not tried otherwise.
        expect(cost(fuse(simplify(program)))).toBeLessThanOrEqual(cost(simplify(program)))
        groups += fuse(simplify(program)).instructions.filter(({ op }) => op === 'fused').length
        const run = (memoryBytes?: number) => {
          const arena = new Arena()
          arena.load(compile(simplify(program), { memoryBytes }))
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
    expect(groups).toBeGreaterThan(60)
  })
})
