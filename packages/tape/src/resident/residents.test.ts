import { randomPrograms, thrownBy, toTensor } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import { forLoop } from '../index.js'
import { recordOn, Tape, type Tensor } from '../record/index.js'
import { Arena, compile, PAGE_BYTES } from '../run/index.js'
import { Residents, type Value } from './index.js'

/** Of which eight fit a page. */
const aval = { dtype: 'f32', shape: [2000] } as const
const data = Float32Array.from({ length: 2000 }, (_, k) => Math.sin(k))

const OPS = { sin: 1, tanh: 1, add: 2, sub: 2, mul: 2, maximum: 2 } as const

/** Instructions on earlier values, some of which are read in between. */
const recordings = fc.array(
  fc.record({
    op: fc.constantFrom(...(Object.keys(OPS) as (keyof typeof OPS)[])),
    from: fc.tuple(fc.nat(), fc.nat()),
    read: fc.option(fc.nat(), { freq: 3 }),
  }),
  { minLength: 20, maxLength: 60 },
)

type Recorded = typeof recordings extends fc.Arbitrary<infer T> ? T : never

/** Computes them; what was read, and at the end everything. */
function values(residents: Residents, steps: Recorded): { all: Value[]; read: ArrayLike<number>[] } {
  const all = [residents.given(aval, () => data)]
  const read: ArrayLike<number>[] = []
  for (const { op, from, read: reading } of steps) {
    // Mostly of late values, as in loops.
    const operands = from.slice(0, OPS[op]).map(k => all.at(-1 - (k % Math.min(all.length, 7))) as Value)
    all.push(...residents.compute(op, operands, {}))
    if (reading !== null) read.push(residents.read(all[reading % all.length] as Value))
  }
  return { all, read }
}

const bytesOf = (data: ArrayLike<number>) => new Uint8Array(Float32Array.from(data).buffer)

describe('values in one arena', () => {
  test('that left are computed again with the same bits, and the arena never passes its cap', () => {
    fc.assert(
      fc.property(recordings, fc.integer({ min: 1, max: 3 }), (steps, pages) => {
        const ample = values(new Residents(new Arena()), steps)
        const arena = new Arena({ maximumBytes: pages * PAGE_BYTES })
        const residents = new Residents(arena)
        const tight = values(residents, steps)
        expect(tight.read.map(bytesOf)).toEqual(ample.read.map(bytesOf))
        expect(residents.there.length).toBeLessThanOrEqual(8 * pages)
        const last = new Residents(new Arena())
        const again = values(last, steps).all
        for (const k of [0, 3, again.length >> 1, again.length - 1]) {
          expect(bytesOf(residents.read(tight.all[k] as Value))).toEqual(
            bytesOf(last.read(again[k] as Value)),
          )
        }
        expect(arena.memory.buffer.byteLength).toBeLessThanOrEqual(pages * PAGE_BYTES)
      }),
      { numRuns: 25 },
    )
  })

  test('are the same, and in the same places, in every recording of the same', () => {
    fc.assert(
      fc.property(recordings, steps => {
        const arena = new Arena({ maximumBytes: PAGE_BYTES })
        const [once, twice] = [0, 1].map(() => {
          const residents = new Residents(arena)
          values(residents, steps)
          return residents.there.map(({ id, block }) => [id, block?.offset])
        })
        expect(twice).toEqual(once)
      }),
      { numRuns: 20 },
    )
  })

  test('of random programs are those of the compiled program, however little is kept', () => {
    fc.assert(
      fc.property(randomPrograms({ maxSteps: 25 }), fc.integer({ min: 0, max: 8000 }), (made, keepBytes) => {
        const tape = new Tape(new Residents(new Arena({ maximumBytes: PAGE_BYTES }), { keepBytes }))
        const read: Uint8Array[] = []
        const { program } = recordOn(
          tape,
          (...xs) => {
            const loss = made.loss(...(xs as Tensor[]))
            read.push(new Uint8Array(loss.toTypedArray().buffer))
            return loss
          },
          made.inputs.map(toTensor),
        )
        const arena = new Arena()
        arena.load(compile(program))
        made.inputs.forEach(({ values }, k) => {
          arena.write(k, new Float64Array(values))
        })
        arena.run()
        expect(read).toEqual([new Uint8Array(arena.read(0).buffer)])
      }),
      { numRuns: 50 },
    )
  })

  test('whose operands would fill the arena are computed by a plan', () => {
    const residents = new Residents(new Arena({ maximumBytes: PAGE_BYTES }))
    const x = residents.given(aval, () => data)
    let [c] = residents.compute('sin', [x], {}) as [Value]
    for (let k = 0; k < 30; k++) {
      // The operand that is computed first waits for the other one, and so on down.
      const [a] = residents.compute(k % 2 ? 'cos' : 'tanh', [x], {}) as [Value]
      ;[c] = residents.compute('sub', [a, c], {}) as [Value]
    }
    const kept = residents.read(c)
    residents.vacate()
    expect(bytesOf(residents.read(c))).toEqual(bytesOf(kept))
  })

  test('of which one instruction does not fit are refused, and fit the bytes that the error names', () => {
    const large = { dtype: 'f32', shape: [9000] } as const
    const product = (maximumBytes: number) => {
      const residents = new Residents(new Arena({ maximumBytes }))
      const [x, y] = [
        residents.given(large, () => new Float32Array(9000).fill(2)),
        residents.given(large, () => new Float32Array(9000).fill(3)),
      ]
      return residents.compute('mul', [x, y], {}).map(z => residents.read(z)[8999])
    }
    expect(() => product(PAGE_BYTES)).toThrow(BudgetError)
    try {
      product(PAGE_BYTES)
    } catch (error) {
      expect((error as BudgetError).leastBytes).toBe(2 * PAGE_BYTES)
      expect(product((error as BudgetError).leastBytes)).toEqual([6])
    }
  })

  describe('of which several do not fit', () => {
    const sized = (residents: Residents, length: number) =>
      residents.given({ dtype: 'f32', shape: [length] }, () => new Float32Array(length))
    const [few, many] = [20_000, 40_000]
    const named = (act: (residents: Residents) => Value) => {
      const residents = new Residents(new Arena({ maximumBytes: PAGE_BYTES }))
      const value = act(residents)
      return thrownBy(() => residents.read(value), BudgetError).leastBytes / PAGE_BYTES
    }
    const sine = (residents: Residents, length: number) =>
      residents.compute('sin', [sized(residents, length)], {})[0] as Value

    test('a value that is read names the bytes of that which wants most', () => {
      expect(named(residents => sine(residents, few))).toBe(3)
      expect(named(residents => sine(residents, many))).toBe(5)
      const both = (first: number, second: number, read: number) =>
        named(residents => [sine(residents, first), sine(residents, second)][read] as Value)
      expect([both(few, many, 0), both(few, many, 1), both(many, few, 0), both(many, few, 1)]).toEqual([
        5, 5, 5, 5,
      ])
    })

    test('an operand is not held by what could not be computed of it', () => {
      const residents = new Residents(new Arena({ maximumBytes: 2 * PAGE_BYTES }))
      const x = sized(residents, few)
      const [wide] = residents.compute('concat', [x, x], { axis: 0 }) as [Value]
      expect(() => residents.read(wide)).toThrow(BudgetError)
      expect(x.storage.holds).toBe(0)
    })

    test('so is what wants most of what depends on those', () => {
      const beside = (residents: Residents) => {
        const wide = sine(residents, many)
        residents.compute('concat', [wide, wide], { axis: 0 })
        return sine(residents, few)
      }
      expect(named(beside)).toBe(8)
    })

    test('but no plan is sought for that', () => {
      // A tree, of which each instruction fits, but not the values that wait for others.
      const grown = (residents: Residents, x: Value, depth: number): Value => {
        const of = (op: string, operands: readonly Value[], params = {}) =>
          residents.compute(op, operands, params)[0] as Value
        const both =
          depth === 0
            ? [x, residents.given({ dtype: 'f32', shape: [] }, () => new Float32Array(1))]
            : [grown(residents, x, depth - 1), grown(residents, x, depth - 1)]
        return of('cumsum', [of(depth === 0 ? 'mul' : 'add', both)], { axis: 0, reverse: false })
      }
      const tree = (residents: Residents, depth: number) => grown(residents, sized(residents, 5000), depth)
      expect(named(residents => tree(residents, 7))).toBe(3)
      const beside = (residents: Residents) => {
        tree(residents, 7)
        return tree(residents, 3)
      }
      expect(named(beside)).toBe(2)
    })
  })

  test('that only a pullback reads are computed when they are read', () => {
    const residents = new Residents(new Arena({ maximumBytes: PAGE_BYTES }))
    const tape = new Tape(residents)
    const read: unknown[] = []
    recordOn(
      tape,
      x => {
        const y = forLoop(100, (_, s) => s.mul(2).sub(s), x as Tensor)
        read.push(y.at(0).item())
        return y
      },
      [{ dtype: 'f32', shape: [100] }].map(({ shape }) =>
        toTensor({ dtype: 'f32', shape, values: Array.from({ length: 100 }, (_, k) => k + 1) }),
      ),
    )
    expect(read).toEqual([1])
    const history = tape.values.filter(
      value => value && value.aval.shape[0] === 100 && value.aval.shape.length > 1,
    )
    expect(history).toHaveLength(1)
    expect(residents.there).not.toContain((history[0] as Value).storage)
    expect(Array.from(residents.read(history[0] as Value)).slice(-2)).toEqual([99, 100])
  })
})
