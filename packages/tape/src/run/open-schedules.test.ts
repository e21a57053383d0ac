/** How much of a store loops of unknown length take, alone and beside loops of known length. */
import { SPILL_BLOCK_BYTES } from '@wengert/kernels'
import { describe, expect, test } from 'vitest'
import { BudgetError } from '../errors.js'
import {
  controlOf,
  forLoop,
  grad,
  type Program,
  record,
  simplify,
  type Tensor,
  tensor,
  whileLoop,
} from '../index.js'
import { recordOf, withUnwinding } from '../rewrite/index.js'
import { costOfPlanned, type Planned, planWithin } from './choose.js'
import { openSchedules } from './open-schedules.js'
import { isRefusal } from './plan-or-refuse.js'
import { plansOf } from './plans-of.js'
import { Regions } from './region.js'

const x = { dtype: 'f32', shape: [3000] } as const
const blocksOfOne = recordOf([x]).blocks

const dear = (s: Tensor) => s.mul(s).add(0.05).sqrt().sin().exp().log().mul(1.1).tanh().add(0.2)
/** 40 steps, which only the loop knows. */
const open = (x: Tensor): Tensor =>
  whileLoop(
    ([k]: readonly [Tensor, Tensor]) => k.less(40),
    ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), dear(s)] as const,
    [tensor(0), x] as const,
  )[1]
const programOf = (loss: (x: Tensor) => Tensor): Program =>
  simplify(record(x => grad(loss)(x) as Tensor, x).program)

const alone = programOf(x => open(x).sum())
const besideTiny = programOf(x => forLoop(2, (_, s: Tensor) => s.sin(), open(x).sum()))
const besideHeavy = programOf(x => forLoop(40, (_, s: Tensor) => dear(dear(s)), open(x)).sum())

function leastBytesOf(program: Program, spillBytes: number): number {
  try {
    plansOf(program, [], spillBytes)(1)
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

const bytesOf = (records: number) => SPILL_BLOCK_BYTES * blocksOfOne * records

/** The plan within what is least without a store, and two states more. */
function planned(program: Program, records: number): Planned {
  return plansOf(program, [], bytesOf(records))(leastBytesOf(program, 0) + 24_000)
}

/** Records of the loop of unknown length, and whether those of known length keep some. */
function recordsOf({ program }: Planned): { readonly open: number; readonly known: boolean } {
  const controls = program.instructions.map(controlOf)
  const rewinds = controls.flatMap(control => (control?.kind === 'rewind' ? [control.spill?.count ?? 0] : []))
  return {
    open: Math.max(...rewinds),
    known: controls.some(control => control?.kind === 'scan' && control.spill !== undefined),
  }
}

/** The least cost within the same memory and store, where loops of unknown length may take so many records. */
function costWith(program: Program, records: number, ofOpen: number): number {
  const budget = { memoryBytes: leastBytesOf(program, 0) + 24_000, spillBytes: bytesOf(records) }
  const regions = new Regions()
  const costs = [60, 20, 6, 2, 0].flatMap(snapshots =>
    openSchedules(program, snapshots, [blocksOfOne * ofOpen], regions).map(schedules => {
      const outcome = planWithin(withUnwinding(program, snapshots, schedules), [], budget, regions)
      return isRefusal(outcome) ? Number.POSITIVE_INFINITY : costOfPlanned(outcome)
    }),
  )
  return Math.min(...costs)
}

describe('a loop of unknown length', () => {
  test.each([1, 3, 8])(
    'uses all of a store of %i records, also beside a tiny loop of known length',
    records => {
      const beside = planned(besideTiny, records)
      expect(recordsOf(planned(alone, records)).open).toBe(records)
      expect(recordsOf(beside)).toEqual({ open: records, known: false })
      expect(costOfPlanned(beside)).toBeLessThanOrEqual(costWith(besideTiny, records, records / 2))
    },
  )

  test('shares a store with a heavy loop of known length where that costs less', () => {
    const records = 16
    const both = planned(besideHeavy, records)
    expect(recordsOf(both)).toEqual({ open: records / 2, known: true })
    expect(costOfPlanned(both)).toBeLessThan(costWith(besideHeavy, records, records))
    expect(costOfPlanned(both)).toBeLessThanOrEqual(costWith(besideHeavy, records, records / 2))
  })

  test('takes all of it from a heavy one where that costs less', () => {
    const all = planned(besideHeavy, 2)
    expect(recordsOf(all)).toEqual({ open: 2, known: false })
    expect(costOfPlanned(all)).toBeLessThan(costWith(besideHeavy, 2, 1))
  })

  test('needs as few bytes beside a tiny loop as alone, but for the tiny one, in a store of one record', () => {
    const more = (spillBytes: number) =>
      leastBytesOf(besideTiny, spillBytes) - leastBytesOf(alone, spillBytes)
    expect(more(bytesOf(1))).toBeLessThanOrEqual(Math.max(0, more(0)))
  })
})

describe('schedules', () => {
  const countsOf = (rooms: readonly number[]) =>
    openSchedules(
      alone,
      2,
      rooms.map(records => records * blocksOfOne),
      new Regions(),
    ).length

  test.each<[string, readonly number[], number]>([
    ['one for each number of records', [8, 4], 2],
    ['one for rooms that hold as many', [1.5, 1], 1],
    ['none for less than one', [1, 0.5], 1],
    ['none without room', [0.5, 0], 0],
    ['one where there is no end', [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 1],
  ])('are %s', (_, rooms, count) => expect(countsOf(rooms)).toBe(count))
})
