import fc from 'fast-check'
import { expect, test } from 'vitest'
import '../index.js'
import { Arena, PAGE_BYTES } from '../run/index.js'
import { HollowArena, Residents, replayed, type Value } from './index.js'

/** Of which eight fit a page. */
const aval = { dtype: 'f32', shape: [2000] } as const

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ op: fc.constantFrom('sin', 'add', 'mul'), from: fc.tuple(fc.nat(), fc.nat()) }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('read'), from: fc.tuple(fc.nat(), fc.nat()) }) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constantFrom('given', 'vacate'), from: fc.tuple(fc.nat(), fc.nat()) }),
    },
  ),
  { minLength: 20, maxLength: 60 },
)

const placesIn = (residents: Residents) => residents.there.map(({ id, block }) => [id, block?.offset])

test('what happened happens again without memory: the same values are in the same places', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 3 }), (steps, pages) => {
      const maximumBytes = pages * PAGE_BYTES
      const residents = new Residents(new Arena({ maximumBytes }))
      const all: Value[] = []
      const given = () => residents.given(aval, () => new Float32Array(2000).fill(all.length))
      all.push(given())
      for (const { op, from } of steps) {
        const [a, b] = from.map(k => all[k % all.length] as Value) as [Value, Value]
        if (op === 'given') all.push(given())
        else if (op === 'read') residents.read(a)
        else if (op === 'vacate') residents.vacate()
        else all.push(...residents.compute(op, op === 'sin' ? [a] : [a, b], {}))
      }
      const again = new Residents(new HollowArena(maximumBytes))
      const before = replayed(residents.journal, again)
      expect(placesIn(again)).toEqual(placesIn(residents))
      again.there.forEach((storage, k) => void expect(before.get(storage)).toBe(residents.there[k]))
    }),
    { numRuns: 60 },
  )
})
