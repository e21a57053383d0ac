/** The fewest bytes that a refusal names are those from which on a program runs, whatever states of loops leave memory. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  dataOf,
  forLoop,
  grad,
  jvp,
  type Program,
  record,
  type SpillStore,
  simplify,
  type Tensor,
  type Tree,
  tensor,
  whileLoop,
} from '../index.js'
import { ARENA_LIMIT_BYTES, pageCeil } from './arena.js'
import { plansOf } from './plans-of.js'

/** A store in memory. */
function records(): SpillStore {
  const known = new Map<number, Uint8Array>()
  return {
    bytes: Number.POSITIVE_INFINITY,
    write: (slot, bytes) => void known.set(slot, bytes.slice()),
    read: (slot, bytes) => bytes.set(known.get(slot) as Uint8Array),
    clear: () => known.clear(),
  }
}

const vector = (length: number) => tensor(Float32Array.from({ length }, (_, k) => 0.1 + k / length))
const programOf = (f: (x: Tensor) => Tree<Tensor>, x: Tensor): Program => simplify(record(f, x.aval).program)

function run(program: Program, x: Tensor, memoryBytes?: number, spillBytes = 0): readonly string[] {
  const executable = compile(program, { memoryBytes, spillBytes })
  const arena = new Arena({ maximumBytes: memoryBytes && pageCeil(memoryBytes), spill: records() })
  arena.load(executable)
  arena.write(0, dataOf(x))
  arena.run()
  return executable.outputs.map((_, k) => Buffer.from(arena.read(k).buffer).toString('base64'))
}

function leastBytesOf(program: Program, spillBytes: number): number {
  try {
    compile(program, { memoryBytes: 1, spillBytes })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

/** So many steps, which only the loop knows. */
const open = (steps: number, one: (s: Tensor) => Tensor, x: Tensor): Tensor =>
  whileLoop(
    ([k]: readonly [Tensor, Tensor]) => k.less(steps),
    ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), one(s)] as const,
    [tensor(0), x] as const,
  )[1]
const dear = (s: Tensor) => s.mul(s).add(0.05).sqrt().sin().exp().log().mul(1.1).tanh().add(0.2)

const LOSSES: Readonly<Record<string, (steps: number) => (x: Tensor) => Tensor>> = {
  one: steps => x => open(steps, dear, x).sum(),
  'two after one another': steps => x =>
    open(3, s => dear(s).mul(0.9), open(steps, dear, x).exp().tanh()).sum(),
  'a loop of known length in one': steps => x =>
    open(3, s => forLoop(steps, (_, s: Tensor) => dear(s), s).mul(0.9), x).sum(),
  'one in a loop of known length': steps => x =>
    forLoop(3, (_, s: Tensor) => open(steps, dear, s).mul(0.9), x).sum(),
}

describe('loops of unknown length, with a store and without', () => {
  test('run in exactly the bytes that a refusal names, to the same bits, and not in one byte fewer', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(LOSSES)),
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom(10, 3000),
        fc.constantFrom(2000, 40_000, Number.POSITIVE_INFINITY),
        (name, steps, width, storeBytes) => {
          const loss = (LOSSES[name] as (typeof LOSSES)[string])(steps)
          const x = vector(width)
          const program = programOf(x => grad(loss)(x), x)
          const bits = run(program, x)
          const [without, beside] = [0, storeBytes].map(spillBytes => {
            const least = leastBytesOf(program, spillBytes)
            expect(run(program, x, least, spillBytes)).toEqual(bits)
            expect(() => compile(program, { memoryBytes: least - 1, spillBytes })).toThrow(BudgetError)
            return least
          }) as [number, number]
          expect(beside).toBeLessThanOrEqual(without)
        },
      ),
      { numRuns: 12 },
    )
  })

  test.each([
    ['a gradient', (x: Tensor) => grad(LOSSES.one?.(40) as never)(x) as Tensor],
    ['a tangent of one', (x: Tensor) => jvp(grad(LOSSES.one?.(40) as never), [x], [x]).tangent as Tensor],
  ])('%s takes fewer bytes where its states lie in a store', (_, f) => {
    const program = programOf(f, vector(3000))
    expect(leastBytesOf(program, 2 ** 20)).toBeLessThan(leastBytesOf(program, 0))
  })

  test('keep fewer states than usual where the usual do not fit an arena, also beside loops of known length', () => {
    const x = { dtype: 'f32', shape: [3e7] } as const
    const loss = (x: Tensor) => forLoop(9, (_, s: Tensor) => dear(s), open(40, dear, x)).sum()
    const program = simplify(record(x => grad(loss)(x), x).program)
    const { peakBytes, recordBytes } = plansOf(program)(Number.POSITIVE_INFINITY).chosen
    expect(peakBytes + recordBytes).toBeLessThanOrEqual(ARENA_LIMIT_BYTES)
  })
})
