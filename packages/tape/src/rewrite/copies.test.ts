import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  abs,
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
  neg,
  reshape,
  square,
  sub,
  sum,
  transpose,
  where,
} from '../ops/index.js'
import { type Aval, bytesOf, type Program, sizeOf, writtenOp } from '../program/index.js'
import { dataOf, record, type Tensor, type Tree, tensor } from '../record/index.js'
import { Arena, compile, lower } from '../run/index.js'
import { groupedWithCopies } from './copies.js'
import { fuse } from './fuse.js'
import { type Grouped, MANY_ELEMENTS } from './group.js'
import { groupsOf } from './groups.js'
import { reductionsOf } from './reductions.js'
import { simplify } from './simplify.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32' as const, shape })
const f64 = (...shape: number[]) => ({ dtype: 'f64' as const, shape })

type Recordable = (...xs: Tensor[]) => Tree<Tensor>

const recorded = (fn: Recordable, ...avals: readonly Pick<Aval, 'dtype' | 'shape'>[]): Program =>
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
    const { program } = groupedWithCopies(recorded(f, f32(512, 8)), MANY_ELEMENTS)
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
    expect(groupedWithCopies(program, MANY_ELEMENTS).program).toBe(program)
  })

  test('what has few elements', () => {
    const f = (x: Tensor) => mul(centred(x), sum(square(centred(x)), { axis: 1, keepdims: true }))
    const small = recorded(f, f32(63, 65))
    expect(groupedWithCopies(small, MANY_ELEMENTS).program).toBe(small)
    const large = recorded(f, f32(64, 65))
    expect(groupedWithCopies(large, MANY_ELEMENTS).program).not.toBe(large)
  })
})

const cost = (program: Program) =>
  lower(program, []).graph.steps.reduce((total, step) => total + step.cost, 0)

/** So many of `neg` after another. */
const chain = (x: Tensor, length: number) =>
  Array.from({ length }).reduce<Tensor>((y, _, k) => (k % 2 ? neg(y) : abs(y)), x)

const isCopied = (fn: Recordable, ...avals: readonly Pick<Aval, 'dtype' | 'shape'>[]) => {
  const program = recorded(fn, ...avals)
  return groupedWithCopies(program, MANY_ELEMENTS).program !== program
}

describe('limits of copies', () => {
  test('eight instructions are copied, nine are not', () => {
    const f = (length: number) => (x: Tensor) => {
      const made = chain(x, length)
      return mul(made, sum(exp(made))).add(x)
    }
    expect([8, 9].map(length => isCopied(f(length), f64(512, 8)))).toEqual([true, false])
  })

  test('into groups that have room for them', () => {
    const f = (length: number) => (x: Tensor) => {
      const distances = centred(x)
      return chain(mul(distances, sum(square(distances))), length - 1)
    }
    expect([255, 256].map(length => isCopied(f(length), f32(512, 8)))).toEqual([true, false])
  })

  test('into groups that read few enough values', () => {
    const f =
      (length: number) =>
      (x: Tensor, ...others: Tensor[]) => {
        const distances = centred(x)
        return others.slice(0, length).reduce(add, mul(distances, sum(square(distances))))
      }
    const avals = Array.from({ length: 64 }, () => f32(512, 8))
    expect([60, 62].map(length => isCopied(f(length), ...avals))).toEqual([true, false])
  })

  test('into groups of numbers that are as wide', () => {
    const f = (x: Tensor, label: Tensor, classes: Tensor) => {
      const own = equal(label, classes)
      return mul(where(own, x, 0.5), sum(where(own, exp(x), 0)))
    }
    const of = (dtype: 'f32' | 'f64') =>
      isCopied(f as Recordable, f32(512, 8), ...[[512, 1], [8]].map(shape => ({ dtype, shape })))
    expect([of('f32'), of('f64')]).toEqual([true, false])
  })

  test('into groups of the same shape', () => {
    const f = (shape: readonly number[]) => (x: Tensor) => {
      const distances = centred(x)
      return [sum(square(distances)), mul(reshape(distances, shape), 2)]
    }
    expect([[512, 8], [4096]].map(shape => isCopied(f(shape), f32(512, 8)))).toEqual([true, false])
  })

  test('into reductions of axes that are neighbours', () => {
    const f = (axis: number[]) => (x: Tensor) => {
      const twice = mul(x, 2)
      return [sum(twice, { axis }), sum(twice, { axis: 2 })]
    }
    expect(
      [
        [0, 1],
        [0, 2],
      ].map(axis => isCopied(f(axis), f32(8, 16, 32))),
    ).toEqual([true, false])
  })

  test('into reductions under the same shape', () => {
    const f = (shape: readonly number[]) => (x: Tensor) => {
      const distances = centred(x)
      return [sum(reshape(distances, shape), { axis: 0 }), sum(distances, { axis: 1 })]
    }
    expect(
      [
        [512, 8],
        [8, 512],
      ].map(shape => isCopied(f(shape), f32(512, 8))),
    ).toEqual([true, false])
  })

  test('into reductions of what is computed under the same shape', () => {
    const f = (shape: readonly number[]) => (x: Tensor) => {
      const twice = mul(x, 2)
      return [exp(reshape(twice, shape)), sum(twice, { axis: [0, 2] })]
    }
    // Not of neighbours, even where the shape of the group has but one axis.
    expect(isCopied(f([4096]), f32(8, 16, 32))).toBe(false)
  })

  test('into groups that are combined as they are computed, if they still are', () => {
    const f = (axis: number) => (x: Tensor, y: Tensor) => {
      const distances = sub(x, mean(x, { axis, keepdims: true }))
      return [sum(distances, { axis: 1 }), sum(mul(distances, y), { axis: 0 })]
    }
    const ops = (axis: number) => opsOf(f(axis) as Recordable, f32(8, 16, 32), f32(8, 16, 32))
    expect(ops(0)).toEqual(['sum', 'div', 'sub+sum', 'sub+mul+sum'])
    // Repeated along axis 1, which then is no longer one with axis 2.
    expect(ops(1)).toEqual(['sum', 'div', 'sub', 'sum', 'mul+sum'])
  })

  test('into groups that are combined and have few members', () => {
    const f = (length: number) => (x: Tensor) => {
      const distances = centred(x)
      return sum(chain(mul(distances, sum(square(distances))), length - 1))
    }
    expect([63, 64].map(length => isCopied(f(length), f32(512, 8)))).toEqual([true, false])
  })

  test('without names', () => {
    const f = (x: Tensor) => {
      const distances = centred(x)
      const shown = named(distances, 'distances')
      const both = add(shown, distances)
      return mul(both, sum(square(both)))
        .add(x)
        .mul(shown)
    }
    const { instructions } = groupedWithCopies(recorded(f, f32(512, 8)), MANY_ELEMENTS).program
    expect(instructions.slice(3).map(({ op }) => op)).toEqual(
      'sub named add square sum sub add mul add mul'.split(' '),
    )
  })

  test('a name is fetched by each copy', () => {
    const f = (count: number) => (x: Tensor) => {
      const more = add(named(centred(x), 'distances'), 1)
      const all = [exp(more), max(more), sum(more), sum(more, { axis: 0 }), sum(more, { axis: 1 })]
      return all.slice(0, count)
    }
    expect([4, 5].map(count => isCopied(f(count), f32(512, 8)))).toEqual([true, false])
  })

  test('several results of a group, one after another', () => {
    const f = (x: Tensor) => {
      const twice = mul(x, 2)
      const size = abs(twice)
      return [sum(twice), sum(size, { axis: 0 }), sum(size, { axis: 1 })]
    }
    expect(opsOf(f, f32(512, 8))).toEqual(['mul+sum', 'mul+abs+sum', 'mul+abs+sum'])
  })

  test('three values into a group, one after another', () => {
    const f = (...xs: Tensor[]) => {
      const all = xs.map(x => mul(x, 2))
      const totals = all.map(x => sum(x))
      return [...all, ...totals].reduce(mul)
    }
    const { length } = opsOf(f, ...Array.from({ length: 3 }, () => f32(512, 8)))
    expect(length).toBe(4)
    const isStored = (op: string) => op === 'mul' || op === 'sum'
    expect(opsOf(f, ...Array.from({ length: 4 }, () => f32(512, 8))).filter(isStored)).toEqual(['mul', 'sum'])
  })

  test('what copies are made of is copied as well', () => {
    const f = (x: Tensor) => Array.from({ length: 4 }).reduce<Tensor>(centred, x)
    expect(opsOf(f, f32(64, 64))).toEqual([
      'sum',
      'div',
      'sub+sum',
      'div',
      'sub+sub+sum',
      'div',
      'sub+sub+sub+sum',
      'div',
      'sub+sub+sub+sub',
    ])
  })
})

/** Steps from tensors of one shape to another of it. */
type Step = (xs: readonly Tensor[]) => Tensor

const pick = (xs: readonly Tensor[], k: number) => xs[k % xs.length] as Tensor
const alongRows = { axis: 1, keepdims: true }

const steps: fc.Arbitrary<Step> = fc.tuple(fc.nat(10), fc.nat(), fc.nat()).map(([kind, j, k]): Step => {
  const of: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
    x => sub(x, mean(x, alongRows)),
    x => sub(x, max(x, { axis: 0 })),
    (x, y) => mul(x, sum(y, { axis: 0 })),
    (x, y) => mul(x, sum(square(y), alongRows)),
    (x, y) => where(greater(x, max(y, alongRows)), x, 0.25),
    x => add(x, 0.5).neg(),
    (x, y) => add(x, y).mul(0.5),
    x => exp(x.neg().abs().neg()),
    x => reshape(transpose(x), x.shape),
    (x, y) => broadcastTo(sum(mul(x, y), { axis: 0, keepdims: true }), x.shape),
    x => mul(x, sum(x)),
  ]
  const step = of[kind] as (x: Tensor, y: Tensor) => Tensor
  return xs => step(pick(xs, j), pick(xs, k))
})

/** The last two of what steps make of two tensors. */
const follow =
  (list: readonly Step[]) =>
  (...xs: Tensor[]) => {
    const all = [...xs]
    for (const step of list) all.push(step(all))
    return all.slice(-2)
  }

const lists = fc.array(steps, { minLength: 6, maxLength: 16 })

/** Bytes that groups, and what reads their results, fetch and store, and elements that they compute. */
function costOfGroups({ program, groups }: Grouped): number {
  const { avals, instructions } = program
  const bytes = (values: readonly number[]) =>
    values.reduce((total, value) => total + bytesOf(avals[value] as Aval), 0)
  const reductions = reductionsOf(program, groups)
  const done = new Set([...reductions.values()].map(({ position }) => position))
  let cost = 0
  for (const group of groups) {
    const { shape, members, reads, results } = group
    for (const member of members) done.add(member)
    const operands = [...reads.values()].flat()
    const places = new Map(operands.map(operand => [JSON.stringify(operand), operand]))
    const inside = new Set(members.flatMap(member => instructions[member]?.outputs ?? []))
    for (const { source, strides } of places.values()) {
      if (inside.has(source)) continue
      const { dtype } = avals[source] as Aval
      cost += bytesOf({ dtype, shape: shape.filter((_, axis) => strides[axis] !== 0) })
    }
    cost += members.length * sizeOf(shape)
    if (!reductions.has(group)) for (const k of results) cost += bytes(instructions[k]?.outputs ?? [])
  }
  return instructions.reduce(
    (total, { op, inputs }, k) => total + (done.has(k) || op === 'reshape' ? 0 : bytes(inputs)),
    cost,
  )
}

test.each([[[65, 64]], [[8, 32, 32]], [[6, 8, 16, 8]]])(
  'programs of %j cost no more than without copies',
  shape => {
    let copied = 0
    fc.assert(
      fc.property(lists, fc.constantFrom('f32', 'f64'), (list, dtype) => {
        const program = recorded(follow(list), { dtype, shape }, { dtype, shape })
        const grouped = groupedWithCopies(program, MANY_ELEMENTS)
        if (grouped.program === program) return
        copied++
        expect(costOfGroups(grouped)).toBeLessThan(
          costOfGroups({ program, groups: groupsOf(program, MANY_ELEMENTS) }),
        )
      }),
      { numRuns: 200 },
    )
    expect(copied).toBeGreaterThan(50)
  },
)

describe('copies that would end a reduction are not made', () => {
  test.each<[string, Recordable]>([
    [
      'since what they read joins it',
      (x, y) => {
        const shared = exp(y as Tensor)
        const more = add(shared, 0.5)
        const both = add(x as Tensor, shared)
        // Nothing but copies of `both` reads `shared` behind the product.
        const total = sum(mul(x as Tensor, more), { axis: 0 })
        return [total, centred(both)]
      },
    ],
    [
      'since what has a name joins it',
      x => {
        const more = add(named(centred(x as Tensor), 'distances'), 1)
        return [max(more), sum(more), sum(more, { axis: 0 })]
      },
    ],
  ])('%s', (_, f) => {
    for (const aval of [f32(64, 64), f64(64, 64)]) {
      const program = recorded(f, aval, aval)
      expect(groupedWithCopies(program, MANY_ELEMENTS).program).toBe(program)
    }
  })
})

const [rows, columns] = [65, 64]

describe.each(['f32', 'f64'] as const)('random programs in %s', dtype => {
  const draw = (seed: number) => {
    const data = Float64Array.from({ length: rows * columns }, (_, k) => Math.sin(seed + 1.7 * k))
    return tensor(dtype === 'f32' ? Float32Array.from(data) : data, { shape: [rows, columns] })
  }
  const inputs = [draw(1), draw(2)]

  test('have the same bits with as many bytes as they like and with the fewest, and cost no more', () => {
    let copied = 0
    fc.assert(
      fc.property(lists, list => {
        const fn = follow(list)
        // Op by op, nothing is fused.
        const expected = fn(...inputs).map(x => Array.from(dataOf(x)))
        const program = simplify(record(fn as never, ...inputs).program)
        if (groupedWithCopies(program, MANY_ELEMENTS).program !== program) copied++
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
