import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forLoop } from '../control/index.js'
import { add, concat, exp, mul, slice, sum } from '../ops/index.js'
import { plan } from '../plan/index.js'
import type { Program } from '../program/index.js'
import { record, type Tensor, type Tree } from '../record/index.js'
import { Arena, compilePlanned, type Lowered, lower } from '../run/index.js'
import { grad } from '../transform/index.js'
import { programsOf } from './inner.js'
import { joinSlices } from './join-slices.js'
import { simplify } from './simplify.js'

const recorded = (fn: (...xs: Tensor[]) => Tree<Tensor>, ...shapes: readonly (readonly number[])[]) =>
  simplify(record(fn as never, ...shapes.map(shape => ({ dtype: 'f32' as const, shape }))).program)

const opsOf = ({ instructions }: Program) => instructions.map(({ op }) => op)

/** Results of a program as it stands. */
function run(program: Program, inputs: readonly Float32Array[]): readonly number[][] {
  const lowered: Lowered = lower(program, [])
  const arena = new Arena()
  arena.load(compilePlanned({ program, lowered, chosen: plan(lowered.graph), spilledBytes: 0 }))
  inputs.forEach((data, k) => {
    arena.write(k, data)
  })
  arena.run()
  return program.outputs.map((_, k) => [...arena.read(k)])
}

/** Cotangents of the parts of an array along an axis, each with a factor of its own, in any order. */
function parts(cuts: readonly number[], axis: number, order: readonly number[]) {
  return (x: Tensor, w: Tensor) => {
    const pieces = cuts.slice(1).map((to, k) => {
      const starts = x.shape.map((_, j) => (j === axis ? (cuts[k] as number) : 0))
      const limits = x.shape.map((length, j) => (j === axis ? to : length))
      return mul(slice(x, starts, limits), slice(w, starts, limits))
    })
    const sums = order.map(k => sum(pieces[k % pieces.length] as Tensor))
    return sums.reduce(add)
  }
}

describe('sums of slices', () => {
  test('of an array that is cut up are joined', () => {
    const f = parts([0, 2, 3, 7], 1, [1, 0, 2])
    const program = recorded((x, w) => grad(f)(x, w), [3, 7], [3, 7])
    expect(opsOf(program)).toContain('unslice')
    expect(opsOf(joinSlices(program))).toContain('concat')
    expect(opsOf(joinSlices(program))).not.toContain('unslice')
    expect(opsOf(joinSlices(program))).not.toContain('add')
  })

  test.each<[string, (x: Tensor, w: Tensor) => Tensor]>([
    ['leave something out', parts([0, 2, 3], 0, [0, 1])],
    ['overlap', (x, w) => parts([0, 4], 0, [0])(x, w).add(parts([3, 7], 0, [0])(x, w))],
    ['are along two axes', (x, w) => parts([0, 7], 0, [0])(x, w).add(parts([0, 2], 1, [0])(x, w))],
    ['have something else among them', (x, w) => parts([0, 3], 0, [0])(x, w).add(sum(exp(x)))],
  ])('that %s are left as they are', (_, f) => {
    const program = recorded((x, w) => grad(f)(x, w), [7, 3], [7, 3])
    expect(joinSlices(program)).toEqual(program)
  })

  test('are joined in loops', () => {
    const step = (x: Tensor) => concat([mul(slice(x, [2], [5]), 0.5), slice(x, [0], [2]).exp()])
    const program = recorded(x => grad((y: Tensor) => sum(forLoop(3, (_, z) => step(z), y)))(x), [5])
    const inside = joinSlices(program).instructions.flatMap(programsOf).flatMap(opsOf)
    expect(inside).not.toContain('unslice')
  })

  test('have the same bits joined', () => {
    const number = fc.oneof(
      fc.float({ noNaN: true, min: -2, max: 2 }),
      fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 1e-40),
    )
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(1),
        fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        fc.array(number, { minLength: 1, maxLength: 40 }),
        (lengths, other, axis, keys, numbers) => {
          const cuts = [0]
          for (const length of lengths) cuts.push((cuts.at(-1) as number) + length)
          const size = cuts.at(-1) as number
          const shape = axis === 0 ? [size, other] : [other, size]
          const order = [...lengths.keys()].toSorted((a, b) => (keys[a] as number) - (keys[b] as number))
          const f = parts(cuts, axis, order)
          const program = recorded((x, w) => grad(f)(x, w), shape, shape)
          const joined = joinSlices(program)
          expect(opsOf(joined)).toContain('concat')
          const [x, w] = [0, 1].map(k =>
            Float32Array.from(
              { length: size * other },
              (_, at) => numbers[(at + k) % numbers.length] as number,
            ),
          ) as [Float32Array, Float32Array]
          expect(run(joined, [x, w])).toEqual(run(program, [x, w]))
        },
      ),
      { numRuns: 60 },
    )
  })
})
