import { expect, test } from 'vitest'
import { forLoop, grad, record, scan, simplify, type Tensor, whileLoop } from '../index.js'
import type { Aval } from '../program/index.js'
import { ARENA_LIMIT_BYTES, PAGE_BYTES } from './arena.js'
import { remedyOf } from './remedy.js'

const f32 = (...shape: number[]): Aval => ({ dtype: 'f32', shape })
const longLine = (x: Tensor) => Array.from({ length: 99 }).reduce((v: Tensor) => v.mul(x).sin(), x)
const drop = (_: Tensor, s: Tensor) => s.mul(0.9).sin()

test.each<[string, (x: Tensor) => Tensor, Aval, string]>([
  ['a layer', x => x.matmul(x).sum(), f32(64, 64), 'smaller batches or layers'],
  ['scalars', longLine, f32(), 'fewer operations, or a `forLoop` or `scan` for those that repeat'],
  ['a loop of scalars', x => forLoop(1000, drop, x), f32(), 'fewer steps'],
  [
    'one of unknown length',
    x =>
      whileLoop(
        s => s.less(9),
        s => s.mul(2),
        x,
      ),
    f32(),
    'fewer steps',
  ],
  [
    'a loop over numbers',
    x => scan((s: Tensor, row) => [s.mul(row), s], x.sum(), x)[0],
    f32(5000),
    'fewer steps',
  ],
  [
    'a loop of layers',
    x => forLoop(1000, drop, x).sum(),
    f32(64, 64),
    'smaller batches or layers, or fewer steps',
  ],
])('%s takes fewer bytes with what it is of', (_, fn, aval, less) => {
  const { program } = record((x: Tensor) => grad(fn)(x), aval)
  for (const one of [program, simplify(program)]) {
    expect(remedyOf(one, PAGE_BYTES)).toBe('give it 65536 bytes (64 KiB)')
    expect(remedyOf(one, 2 * PAGE_BYTES)).toBe(`give it 131072 bytes (128 KiB), or use ${less}`)
    expect(remedyOf(one, ARENA_LIMIT_BYTES + 1)).toBe(`use ${less}, since one memory has at most 4 GiB`)
  }
})
