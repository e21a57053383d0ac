import { describe, expect, test } from 'vitest'
import { folded, pullback, replay } from '../derive/index.js'
import { dataOf, type Tensor, tensor } from '../index.js'
import { record, recordOn, scalarLike, Tape } from '../record/index.js'
import { Arena, execute } from '../run/index.js'
import { bringToPlace, type Given, Residents, type Resumed, resume, runsOn } from './index.js'

/** A path that was recorded with values, its gradient, and what is there of it. */
function recordedPath(path: (x: Tensor) => Tensor, x: Tensor) {
  const arena = new Arena()
  const residents = new Residents(arena)
  const tape = new Tape(residents)
  const recording = recordOn(tape, path as never, [x])
  const recorded = folded(recording.program)
  const { program } = record(x => {
    const values = replay(recorded, [x])
    const out = values[recorded.outputs[0] as number] as Tensor
    return pullback(recorded, values, [scalarLike(out, 1)], [true])[0] as Tensor
  }, x.aval)
  const there: Given[] = tape.values.flatMap((value, line) =>
    value?.storage.block && !('data' in value.storage.origin) && value.storage.aval === value.aval
      ? [{ value: line, offset: value.storage.block.offset, bytes: value.storage.bytes }]
      : [],
  )
  residents.vacate()
  return { arena, recorded, program, there }
}

const bits = (arena: Arena, { executable }: Resumed) =>
  execute(arena, executable, [dataOf(x)]).map(({ data }) => new Uint8Array(data.buffer))

const length = 4000
const x = tensor(Float32Array.from({ length }, (_, k) => 1 + k / 1e9))

/** The pullback reads all values, and each is dear. */
function products(x: Tensor): Tensor {
  let y = x
  for (let k = 0; k < 20; k++) y = y.cumprod()
  return y.sum()
}

describe('a path of which everything is there', () => {
  const from = (values: number, isThere = true) => {
    const { arena, there, ...programs } = recordedPath(products, x)
    const beginnings = { ...programs, there: isThere ? there : [] }
    const budget = { memoryBytes: 4 * length * values, spillBytes: 0 }
    const resumed = resume(beginnings, budget, 'fast')
    const count = resumed.executable.inputs.length - programs.program.inputs.length
    return { arena, resumed, count, isOnwards: runsOn(beginnings, budget) }
  }
  const want = bits(new Arena(), from(100, false).resumed)

  // Budgets as numbers of values.
  test.each<[string, number, number]>([
    ['all that it needs, if that fits', 40, 20],
    ['the last three quarters of what fits', 18, 13],
    ['the last half', 14.75, 7],
    ['the last quarter', 6.5, 1],
  ])('runs on from %s', (_, values, expected) => {
    const { arena, resumed, count, isOnwards } = from(values)
    expect([isOnwards, count]).toEqual([true, expected])
    bringToPlace(arena, resumed)
    expect(bits(arena, resumed)).toEqual(want)
  })

  test('begins from scratch where that is cheaper, or all that fits', () => {
    const [cheaper, only] = [from(5.5), from(5)]
    expect([cheaper.isOnwards, cheaper.count]).toEqual([true, 0])
    expect([only.isOnwards, only.count]).toEqual([false, 0])
  })

  test('is not looked at for less where the list of runs alone is too long', () => {
    const { recorded, program, there } = recordedPath(products, x)
    const looksWithin = (memoryBytes: number) => {
      let looks = false
      const inOrder = () => {
        looks = true
        return there
      }
      expect(runsOn({ recorded, program, there, inOrder }, { memoryBytes, spillBytes: 0 })).toBe(false)
      return looks
    }
    expect([looksWithin(100), looksWithin(4 * length)]).toEqual([false, true])
  })
})
