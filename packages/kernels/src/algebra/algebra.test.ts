import { describe, expect, it } from 'vitest'
import type { DType } from '../dtype.js'
import { map } from '../map/index.js'
import { arrayOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import type { Algebra, V } from './index.js'

const values = [0, 1, -1, 2.5, -2.5, 3.5, -0.4, 7, 1e9, -1e9]
const others = [1, 1, -2, 0.5, -2.5, 3, 0.4, -7, 3, 2]

function evaluate(dtype: DType, body: (m: Algebra, x: V, y: V) => V, test = false): number[] {
  const operand = { dtype, shape: [values.length] } as const
  const output = test ? ({ dtype: 'bool', shape: operand.shape } as const) : operand
  const kernel = map({ name: 'f', dtype, inputs: [operand, operand], output, body: body as never })
  const [x, y] = [arrayOf(dtype, values), arrayOf(dtype, others)]
  return Array.from(runKernel(kernel, [x, y], [arrayOf(output.dtype, values.length)])[0] as ArrayLike<number>)
}

const evenly = (x: number) => {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}

type Case = readonly [keyof Algebra, (x: number, y: number) => number | boolean]

const numbers: readonly Case[] = [
  ['add', (x, y) => x + y],
  ['sub', (x, y) => x - y],
  ['mul', (x, y) => x * y],
  ['min', Math.min],
  ['max', Math.max],
  ['neg', x => -x],
  ['abs', Math.abs],
]

const floats: readonly Case[] = [
  ...numbers,
  ['div', (x, y) => x / y],
  ['sqrt', Math.sqrt],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['trunc', Math.trunc],
  ['round', evenly],
]

const tests: readonly Case[] = [
  ['equal', (x, y) => x === y],
  ['notEqual', (x, y) => x !== y],
  ['less', (x, y) => x < y],
  ['lessEqual', (x, y) => x <= y],
  ['greater', (x, y) => x > y],
  ['greaterEqual', (x, y) => x >= y],
]

const call = (name: keyof Algebra) => (m: Algebra, x: V, y: V) => (m[name] as (x: V, y: V) => V)(x, y)

describe.each(['f32', 'f64', 'i32'] as const)('the algebra of %s', dtype => {
  it('has atLeast', () => {
    const x = arrayOf(dtype, values)
    expect(evaluate(dtype, (m, x) => m.atLeast(x, 2))).toEqual(Array.from(x, value => Math.max(value, 2)))
  })

  const [xs, ys] = [arrayOf(dtype, values), arrayOf(dtype, others)]
  const expected = (f: Case[1]) =>
    Array.from(
      arrayOf(
        dtype,
        Array.from(xs, (x, k) => Number(f(x, ys[k] as number))),
      ),
    )

  it.each(dtype === 'i32' ? numbers : floats)('has %s', (name, f) => {
    // A product of i32 is taken modulo 2³², as typed arrays do.
    expect(evaluate(dtype, call(name)).map(value => value + 0)).toEqual(expected(f).map(value => value + 0))
  })

  it.each(tests)('has %s', (name, f) => {
    expect(evaluate(dtype, call(name), true)).toEqual(Array.from(xs, (x, k) => Number(f(x, ys[k] as number))))
  })

  it('multiplies and adds, selects and combines masks', () => {
    const product = evaluate(dtype, (m, x, y) => m.madd(x, y, m.constant(3)))
    expect(product).toEqual(expected((x, y) => x * y + 3))
    const chosen = evaluate(dtype, (m, x, y) => {
      const either = m.or(m.less(x, y), m.equal(x, m.constant(7)))
      return m.select(m.and(either, m.not(m.less(x, m.constant(0)))), x, y)
    })
    expect(chosen).toEqual(expected((x, y) => ((x < y || x === 7) && !(x < 0) ? x : y)))
  })
})

describe('the algebra of bool', () => {
  it('compares, combines and selects', () => {
    const [xs, ys] = [arrayOf('bool', values), arrayOf('bool', others)]
    const expected = (f: (x: number, y: number) => boolean) =>
      Array.from(xs, (x, k) => Number(f(x, ys[k] as number)))
    expect(evaluate('bool', (m, x, y) => m.equal(x, y))).toEqual(expected((x, y) => x === y))
    expect(evaluate('bool', (m, x, y) => m.notEqual(x, y))).toEqual(expected((x, y) => x !== y))
    expect(evaluate('bool', (m, x, y) => m.and(x, m.not(y)))).toEqual(expected((x, y) => x > y))
    expect(evaluate('bool', (m, x) => m.select(x, m.constant(0), m.constant(1)))).toEqual(
      expected(x => x === 0),
    )
  })
})

it('names what a dtype does not have', () => {
  const emit = (dtype: DType, name: keyof Algebra) => () => evaluate(dtype, call(name))
  expect(emit('i32', 'exp')).toThrowErrorMatchingInlineSnapshot(`[Error: exp is not defined for i32]`)
  expect(emit('bool', 'add')).toThrowErrorMatchingInlineSnapshot(`[Error: add is not defined for bool]`)
})
