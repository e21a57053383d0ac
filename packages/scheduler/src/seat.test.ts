import { compile, exp, PAGE_BYTES, record } from '@wengert/tape'
import { expect, test } from 'vitest'
import { Seat } from './seat.js'

const pages = (count: number) => count * PAGE_BYTES

/** A program that needs more than two pages and at most four. */
const executable = compile(record(x => exp(x), { dtype: 'f32', shape: [20_000] }).program)
const task = { executable, pinned: [], fill: () => {} }

test('an arena is kept when its share changes, as long as it holds no more', () => {
  const seat = new Seat(false)
  seat.allot(pages(8), pages(8))
  const { arena } = seat
  seat.place(task)
  for (const share of [4, 8, 3]) seat.allot(pages(8), pages(share))
  expect(seat.arena).toBe(arena)
})

test('an arena that holds more than its share, or may grow too large, is given up', () => {
  const seat = new Seat(false)
  seat.allot(pages(8), pages(8))
  seat.place(task)
  const { arena } = seat
  expect(arena.bytes).toBe(pages(3))
  seat.allot(pages(8), pages(2))
  expect(seat.arena).not.toBe(arena)
  expect(seat.arena.bytes).toBe(0)
  seat.allot(pages(4), pages(2))
  expect(seat.arena.maximumBytes).toBe(pages(4))
})
