import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, convert, cumsum, greater, logicalOr, mul, reshape, sin, sub, sum, where } from '../ops/index.js'
import type { Program } from '../program/index.js'
import { dataOf, record, type Tensor, tensor } from '../record/index.js'
import { Arena, compile } from '../run/index.js'
import { grad } from '../transform/index.js'
import { fuse } from './fuse.js'
import { type Group, MOST_ROOM } from './group.js'
import { groupsOf } from './groups.js'
import { simplify } from './simplify.js'

/** v = v·xᵢ + xⱼ − xₖ over and over, and the sum of all v. */
const scalars =
  (operations: number) =>
  (...x: Tensor[]): Tensor => {
    const input = (k: number) => x[k % x.length] as Tensor
    let [v, total] = [input(0), input(1)]
    for (let k = 0; k < operations; k++) {
      if (k % 4 === 0) v = mul(v, input(k / 4))
      else if (k % 4 === 1) v = add(v, input(3 * k))
      else if (k % 4 === 2) v = sub(v, input(k))
      else total = add(total, v)
    }
    return total
  }

const inputs = (shape: readonly number[], count = 8) =>
  Array.from({ length: count }, () => ({ dtype: 'f64' as const, shape }))

const gradient = (operations: number): Program => {
  const all = inputs([]).map((_, k) => k)
  return simplify(record(grad(scalars(operations), { argnums: all }) as never, ...inputs([])).program)
}

describe('a long line', () => {
  test('and its pullback are one', () => {
    const { instructions } = fuse(gradient(50))
    expect(instructions.map(({ op }) => op)).toEqual(['fused'])
  })

  test('has groups that are full', () => {
    const program = gradient(5000)
    const groups = groupsOf(program, Number.POSITIVE_INFINITY)
    expect(groups.length).toBe(Math.ceil(program.instructions.length / 4096))
    expect(groups.flatMap(({ members }) => members)).toEqual(program.instructions.map((_, k) => k))
  })

  test('of few instructions, or of many elements, has groups by what reads them', () => {
    const short = (x: Tensor, y: Tensor) => [sin(x), sin(y)]
    const long = (...xs: Tensor[]) => xs.map(x => sin(x))
    const groups = (f: (...xs: Tensor[]) => Tensor[], shape: readonly number[], count: number) =>
      groupsOf(record(f as never, ...inputs(shape, count)).program, 4096).map(({ members }) => members.length)
    expect(groups(short as never, [], 2)).toEqual([1, 1])
    expect(groups(long, [], 63)).toEqual(new Array(63).fill(1))
    expect(groups(long, [], 70)).toEqual([70])
    expect(groups(long, [], 1100)).toEqual([1024, 76])
    expect(groups(long, [5], 70)).toEqual([48, 22])
    expect(groups(long, [4096], 70)).toEqual(new Array(70).fill(1))
  })
})

type Step = (xs: readonly Tensor[]) => Tensor

/** Elementwise ops of one width; the last five end a line or a group. */
const ops: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
  (x, y) => add(x, y),
  (x, y) => sub(x, y),
  (x, y) => mul(x, y).mul(0.3),
  x => sin(x),
  x => sin(x).mul(3),
  (x, y) => where(greater(x, y), x, 0.1),
  (x, y) => where(logicalOr(greater(x, y), greater(y, 0.4)), y, x),
  (x, y) => where(greater(x, y), y, sub(x, y)),
  (x, y) => add(x, sum(y)),
  (x, y) => add(x, reshape(reshape(y, [1, y.size]), y.shape)),
  x => (x.rank === 0 ? x.neg() : cumsum(x).mul(0.1)),
  (x, y) => add(x, convert(convert(greater(x, y), 'i32'), x.dtype as 'f64')),
  (x, y) => add(convert(convert(x, x.dtype === 'f64' ? 'f32' : 'f64'), x.dtype as 'f64'), y),
]

const steps: fc.Arbitrary<Step> = fc.tuple(fc.nat(799), fc.nat(99), fc.nat(99)).map(([drawn, j, k]): Step => {
  const op = ops[drawn < 795 ? drawn % 8 : drawn - 787] as (typeof ops)[number]
  // Seldom from afar: what is read fills groups, too.
  const pick = (xs: readonly Tensor[], n: number) => xs.at(-1 - (n < 95 ? n % 3 : n % xs.length)) as Tensor
  return xs => op(pick(xs, j), pick(xs, k))
})

describe.each(['f32', 'f64'] as const)('random lines in %s', dtype => {
  test.each([{ shape: [] }, { shape: [5] }])(
    'of shape $shape have the same bits, and groups in order',
    ({ shape }) => {
      let longest = 0
      fc.assert(
        fc.property(fc.array(steps, { minLength: 60, maxLength: 400, size: 'max' }), list => {
          const xs = [0.3, -0.7, 1.1].map(x => {
            const data = Array.from({ length: shape[0] ?? 1 }, (_, k) => x + 0.2 * k)
            return tensor(dtype === 'f32' ? Float32Array.from(data) : Float64Array.from(data), { shape })
          })
          const f = (...xs: Tensor[]) => {
            const all = [...xs]
            for (const step of list) all.push(step(all))
            return all.filter((_, k) => k % 9 === 0)
          }
          // Op by op, nothing is fused.
          const expected = f(...xs).map(x => Array.from(dataOf(x)))
          const program = simplify(record(f as never, ...xs).program)
          const groups = groupsOf(program, Number.POSITIVE_INFINITY)
          longest = Math.max(longest, ...groups.map(({ members }) => members.length))
          checkGroups(program, groups)
          const arena = new Arena()
          arena.load(compile(program))
          for (const [k, x] of xs.entries()) arena.write(k, dataOf(x))
          arena.run()
          expect(expected.map((_, k) => Array.from(arena.read(k)))).toEqual(expected)
        }),
        { numRuns: 40 },
      )
      expect(longest).toBeGreaterThan(shape.length === 0 ? 100 : 47)
    },
  )
})

/** Each instruction is in one group at most, groups are no larger than they may be, and what one reads is there where it runs. */
function checkGroups(program: Program, groups: readonly Group[]): void {
  const members = groups.flatMap(group => group.members)
  expect(new Set(members).size).toBe(members.length)
  const definedAt = new Map(program.inputs.map(value => [value, -1]))
  for (const { value } of program.constants) definedAt.set(value, -1)
  const groupOf = new Map(groups.flatMap(group => group.members.map(k => [k, group] as const)))
  program.instructions.forEach(({ outputs }, k) => {
    for (const value of outputs) definedAt.set(value, groupOf.get(k)?.position ?? k)
  })
  for (const { members, position, sources, shape, isLine } of groups) {
    const isScalar = isLine && shape.length === 0
    expect(members.length).toBeLessThanOrEqual(isScalar ? 4096 : isLine ? 192 : MOST_ROOM.members)
    expect(sources.size).toBeLessThanOrEqual(isScalar ? 1024 : MOST_ROOM.sources)
    expect(position).toBe(members.at(-1))
    for (const source of sources) expect(definedAt.get(source)).toBeLessThan(position)
  }
}
