import { compile, record, tensor } from '@wengert/tape'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkValue, conformanceCases, untested } from './conformance/index.js'
import { randomPrograms } from './programs/index.js'
import type { Plain } from './reference/index.js'
import * as textbook from './reference/index.js'
import { spread } from './sample.js'
import { textbookGradient } from './textbook-gradient.js'
import { TextbookTape } from './textbook-tape.js'
import { closestTie } from './ties.js'

const plain = (shape: readonly number[], values: readonly number[]): Plain => ({
  dtype: 'f64',
  shape,
  values,
})
const counting = (...shape: number[]): Plain =>
  plain(
    shape,
    Array.from({ length: shape.reduce((product, length) => product * length, 1) }, (_, k) => k + 1),
  )

describe('the references, by hand', () => {
  it('broadcast', () => {
    const out = textbook.elementwise('add', [plain([2, 1], [10, 20]), plain([3], [1, 2, 3])])
    expect(out).toEqual(plain([2, 3], [11, 12, 13, 21, 22, 23]))
  })

  it('multiply matrices', () => {
    expect(textbook.matmul(counting(2, 3), counting(3, 2)).values).toEqual([22, 28, 49, 64])
    expect(textbook.matmul(counting(3), counting(3))).toEqual(plain([], [14]))
    expect(textbook.matmul(counting(2, 1, 2), counting(2)).shape).toEqual([2, 1])
  })

  it('reduce', () => {
    expect(textbook.sum(counting(2, 3), { axis: 0 }).values).toEqual([5, 7, 9])
    expect(textbook.max(counting(2, 3), { axis: -1, keepdims: true })).toEqual(plain([2, 1], [3, 6]))
    expect(textbook.max(plain([0], [])).values).toEqual([-Infinity])
    expect(textbook.logsumexp(plain([2], [1000, 1000])).values[0]).toBeCloseTo(1000 + Math.log(2), 12)
    expect(textbook.softmax(plain([2], [0, Math.log(3)])).values[1]).toBeCloseTo(0.75, 15)
  })

  it('move elements', () => {
    expect(textbook.transpose(counting(2, 3)).values).toEqual([1, 4, 2, 5, 3, 6])
    expect(textbook.transpose(counting(2, 1, 3), [2, 0, 1]).shape).toEqual([3, 2, 1])
    const bounds = { starts: [1], limits: [5], steps: [2] }
    const part = textbook.slice(counting(6), bounds)
    expect(part.values).toEqual([2, 4])
    expect(textbook.unslice(part, bounds, [6]).values).toEqual([0, 2, 0, 4, 0, 0])
    expect(textbook.sumTo(counting(2, 3), [1, 3]).values).toEqual([5, 7, 9])
  })

  it('convolve and pool', () => {
    const over = {
      window: [2, 2],
      stride: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    } as const
    const x = counting(1, 3, 3, 1)
    const ones = plain([2, 2, 1, 1], [1, 1, 1, 1])
    expect(textbook.conv2d(x, ones, over)).toEqual(plain([1, 2, 2, 1], [12, 16, 24, 28]))
    expect(textbook.maxPool2d(x, over).values).toEqual([5, 6, 8, 9])
  })

  it('wrap integers', () => {
    const i32 = (value: number): Plain => ({ dtype: 'i32', shape: [], values: [value] })
    expect(textbook.elementwise('add', [i32(2 ** 31 - 1), i32(1)]).values).toEqual([-(2 ** 31)])
    expect(textbook.elementwise('mul', [i32(65537), i32(65537)]).values).toEqual([131073])
    expect(textbook.convert(plain([4], [1.7, -1.7, NaN, 1e10]), 'i32').values).toEqual([
      1,
      -1,
      0,
      2 ** 31 - 1,
    ])
  })
})

describe('the scalar tape', () => {
  it('adds adjoints where paths meet: x² + 3x has 2x + 3', () => {
    const tape = new TextbookTape()
    const x = tape.leaf(5)
    const square = tape.node(25, [
      [x, 5],
      [x, 5],
    ])
    const out = tape.node(40, [
      [square, 1],
      [x, 3],
    ])
    expect(tape.sweep([[out, 1]])[x]).toBe(13)
    expect(tape.value(out)).toBe(40)
  })

  it('differentiates programs', () => {
    const { program } = record((x, y) => x.mul(y).add(x.square()).sum(), tensor([1, 2]), tensor([3, 4]))
    const inputs = [plain([2], [1, 2]), plain([2], [3, 4])]
    expect(textbookGradient(program, inputs, [[1]])).toEqual([
      [5, 8],
      [1, 2],
    ])
  })
})

describe('samples', () => {
  it('keep their distance from each other and from 0', () => {
    for (const count of [1, 2, 7, 100]) {
      const values = spread(count, [-2, 2], 3)
      const sorted = values.toSorted((a, b) => a - b)
      const spacing = 4 / count
      sorted.slice(1).forEach((value, k) => {
        expect(value - (sorted[k] as number)).toBeGreaterThan(0.99 * spacing)
      })
      for (const value of values) expect(Math.abs(value)).toBeGreaterThan(0.49 * spacing)
    }
  })
})

describe('ties', () => {
  it('are as far as the closest decision', () => {
    const { program } = record((x, y) => x.maximum(y).relu().sum(), tensor([1, 2]), tensor([3, 4]))
    const inputs = [plain([2], [1, 2]), plain([2], [1.25, 0])]
    expect(closestTie(program, inputs)).toBe(0.25)
  })

  it('of the shift of logsumexp are none', () => {
    const { program } = record(x => x.logsumexp(), tensor([1, 1]))
    expect(closestTie(program, [plain([2], [1, 1])])).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('random programs', () => {
  it('use every kind of op', () => {
    const seen = new Set<string>()
    for (const made of fc.sample(randomPrograms(), { seed: 1, numRuns: 300 })) {
      const { program } = record(made.loss, ...made.inputs.map(({ dtype, shape }) => ({ dtype, shape })))
      for (const { op } of program.instructions) seen.add(op)
      expect(() => compile(program)).not.toThrow()
    }
    // To transformations elementwise ops are alike: these stand for all of them, which have conformance cases.
    const wanted = [
      'add',
      'sub',
      'mul',
      'div',
      'neg',
      'square',
      'exp',
      'log',
      'sqrt',
      'sin',
      'cos',
      'tanh',
    ].concat(
      [
        'sigmoid',
        'relu',
        'maximum',
        'minimum',
        'equal',
        'notEqual',
        'less',
        'lessEqual',
        'greater',
        'greaterEqual',
      ],
      ['sum', 'max', 'min', 'matmul', 'conv2d', 'sumPool2d', 'maxPool2d', 'slice', 'transpose', 'reshape'],
      [
        'broadcastTo',
        'where',
        'convert',
        'stopGradient',
        'flip',
        'concat',
        'gather',
        'scatterAdd',
        'argsort',
      ],
      [
        'cumsum',
        'cumprod',
        'cummax',
        'cummin',
        'prod',
        'linearRecurrence',
        'unslice',
        'abs',
        'sign',
        'atan2',
      ],
      ['pow', 'hypot', 'softplus', 'erf', 'erfc', 'asinh', 'atan', 'exp2', 'expm1', 'log1p', 'rsqrt', 'tan'],
    )
    expect(wanted.filter(op => !seen.has(op))).toEqual([])
  })
})

describe('conformance', () => {
  const cases = conformanceCases()
  const one = (name: string) => {
    const found = cases.find(test => test.name === name)
    if (!found) throw new Error(`There is no case ${name}.`)
    return found
  }

  it('finds ops without cases, and cases without ops', () => {
    expect(untested(['add', 'gamma'], [one('add(f32[], f32[])')])).toEqual(['gamma'])
    expect(untested([], [one('add(f32[], f32[])')])).toEqual(['add'])
  })

  it('refuses a value that is wrong by one bit', () => {
    const test = one('exp(f64[17])')
    const wrong = (x: Plain) => {
      const out = textbook.elementwise('exp', [x])
      return { ...out, values: out.values.map(value => value * (1 + 2 ** -49)) }
    }
    expect(() => checkValue({ ...test, reference: wrong })).toThrow(/exp\(f64\[17\]\) at \[\d+\] is/)
  })

  it('refuses the wrong zero, shape and dtype', () => {
    const test = one('neg(f32) of special values')
    const same = (change: (out: Plain) => Plain) => ({
      ...test,
      reference: (x: Plain) => change(textbook.elementwise('neg', [x])),
    })
    const positive = same(out => ({ ...out, values: out.values.map(value => value + 0) }))
    expect(() => checkValue(positive)).toThrow('is -0, expected 0')
    expect(() => checkValue(same(out => ({ ...out, shape: [...out.shape, 1] })))).toThrow(
      'expected f32[14,1]',
    )
    expect(() => checkValue(same(out => ({ ...out, dtype: 'f64' })))).toThrow('expected f64[14]')
  })
})
