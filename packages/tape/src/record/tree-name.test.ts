import { thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import * as tape from '../index.js'

// Plain JavaScript: nothing is held to its type but by the functions themselves.
type Call = (...args: unknown[]) => unknown
const js = tape as unknown as Record<string, Call>
const call = (name: string, ...args: unknown[]) => js[name]?.(...args)
const of = (name: string, fn: unknown, ...options: unknown[]) => call(name, fn, ...options) as Call

class Model {
  readonly w = tape.tensor(1)
}

const x = tape.tensor([1, 2])
const square = (x: tape.Tensor) => x.square().sum()
const promise = Promise.resolve(x)
const loop: unknown[] = []
loop[0] = loop

const CLOSE = 'close over it: arguments are tensors and numbers'
const TREES =
  'trees are arrays and plain objects, not instances of classes: give its tensors as { name: tensor, … }'
const RETURN = 'return a tensor: a function in braces needs `return`'
const BEFORE = 'await what it needs before, and pass it as an argument'

type Row = readonly [summary: string, run: () => unknown, fix: string | undefined]

const summaries = (code: string, rows: readonly Row[]) =>
  test.each(rows)('%s', (summary, run, fix) => {
    const { parts, code: thrown } = thrownBy(run, tape.WengertError)
    expect([thrown, parts.summary, parts.fix]).toEqual([code, summary, fix])
    expect(parts.at).toMatch(/^tree-name\.test\.ts:/)
  })

describe('arguments have the name of the function and a place', () => {
  summaries('OPTION', [
    [
      'grad: argument 0 is undefined.',
      () => of('grad', square)(undefined),
      'give a tensor or a number, or leave it out',
    ],
    ['grad: argument 0 has null at .b.', () => of('grad', square)({ a: x, b: null }), 'leave it out'],
    ['valueAndGrad: argument 1 is true.', () => of('valueAndGrad', square)(x, true), CLOSE],
    ['jit: argument 0 is a Promise.', () => of('jit', square)(promise), 'await it before'],
    ['jit: argument 1 is a Model.', () => of('jit', square)(x, new Model()), TREES],
    [
      'jit: argument 0 is a Float32Array.',
      () => of('jit', square)(new Float32Array(2)),
      'make it a tensor: tensor(data)',
    ],
    ['jit: argument 0 is an aval.', () => of('jit', square)(x.aval), undefined],
    ['jit: argument 0 contains itself, at [0].', () => of('jit', square)(loop), undefined],
    ['jit: argument 12 is true.', () => of('jit', square)(...Array(12).fill(x), true), CLOSE],
    ['jit: argument 0 has true at [1][0].', () => of('jit', square, { dynamic: true })([x, [true]]), CLOSE],
    ["jit: argument 1 is 'a'.", () => (of('jit', square) as Call & { explain: Call }).explain(x, 'a'), CLOSE],
    ["vmap: argument 1 has 'b' at .a.", () => of('vmap', square)(x, { a: 'b' }), CLOSE],
    ['jacfwd: argument 1 is true.', () => of('jacfwd', square)(x, true), CLOSE],
    ['jacrev: argument 1 is a function.', () => of('jacrev', square)(x, square), CLOSE],
    ['jacobian: argument 1 is a Map.', () => of('jacobian', square)(x, new Map()), TREES],
    ['hessian: argument 1 has 1n at .a.', () => of('hessian', square)(x, { a: 1n }), CLOSE],
    [
      "sparseJacobian: argument 1 is 'a'.",
      () => of('sparseJacobian', square, { rows: [], columns: [] })(x, 'a'),
      CLOSE,
    ],
    ["record: argument 0 is 'a'.", () => call('record', square, 'a'), CLOSE],
    ['vjp: argument 1 has a Model at [0].', () => call('vjp', square, x, [new Model()]), TREES],
    [
      'vjp: a cotangent is a Promise.',
      () => (call('vjp', square, x) as { pullback: Call }).pullback(promise),
      'await it before',
    ],
    ['linearize: argument 0 is a Date.', () => call('linearize', square, new Date()), TREES],
    [
      'linearize: tangent 0 is true.',
      () => (call('linearize', square, x) as { pushforward: Call }).pushforward(true),
      CLOSE,
    ],
    ['jvp: primal 1 has true at .a.', () => call('jvp', square, [x, { a: true }], [x]), CLOSE],
    ['jvp: tangent 0 has a Map at .a.', () => call('jvp', square, [x], [{ a: new Map() }]), TREES],
    ["evaluationTrace: tangent 0 is 'a'.", () => call('evaluationTrace', square, [x], ['a']), CLOSE],
    ['hvp: there is no x.', () => call('hvp', square), 'a call is hvp(fn, x, v)'],
    ['hvp: there is no v.', () => call('hvp', square, x), 'a call is hvp(fn, x, v)'],
    ['hvp: x is a Promise.', () => call('hvp', square, promise, x), 'await it before'],
    ['hvp: v has true at .a.', () => call('hvp', square, { a: x }, { a: true }), CLOSE],
    ['checkpoint: argument 1 is a Promise.', () => of('checkpoint', square)(x, promise), 'await it before'],
    [
      'customVjp: argument 0 has a Model at .a.',
      () => of('customVjp', square, square)({ a: new Model() }),
      TREES,
    ],
    [
      'cond: operand 0 is a Model.',
      () => call('cond', tape.tensor(true), square, square, new Model()),
      TREES,
    ],
    ['scan: the first carry has a Date at .a.', () => call('scan', square, { a: new Date() }, x), TREES],
    ['flatten: the tree has 1 at .a.', () => call('flatten', { a: 1 }), 'make it a tensor: tensor(…)'],
    [
      'flattenAvals: the tree has null at .a.',
      () => call('flattenAvals', { a: null }, 'flattenAvals'),
      'leave it out',
    ],
  ])
})

describe('primitives among operands and states too', () => {
  summaries('RECORD', [
    ["checkpoint: argument 1 is 'a'.", () => of('checkpoint', square)(x, 'a'), CLOSE],
    ["cond: operand 0 is 'a'.", () => call('cond', tape.tensor(true), square, square, 'a'), CLOSE],
    ["whileLoop: the first state has 'a' at [0].", () => call('whileLoop', square, square, ['a']), undefined],
  ])
})

describe('results have the name of the function', () => {
  summaries('RECORD', [
    ['jit: what the function returned is undefined.', () => of('jit', () => undefined)(x), RETURN],
    [
      'jit: what the function returned has undefined at .a.',
      () => of('jit', () => ({ a: undefined }))(x),
      'leave it out',
    ],
    [
      'jit: what the function returned is true.',
      () => of('jit', () => true)(x),
      'make it a tensor: tensor(…)',
    ],
    ["jit: what the function returned is 'a'.", () => of('jit', () => 'a', { dynamic: true })(x), undefined],
    ['jit: the function returned a promise.', () => of('jit', () => promise)(x), BEFORE],
    ['vmap: what the function returned is undefined.', () => of('vmap', () => undefined)(x), RETURN],
    ['jacfwd: what the function returned is undefined.', () => of('jacfwd', () => undefined)(x), RETURN],
    ['jacrev: what the function returned is undefined.', () => of('jacrev', () => undefined)(x), RETURN],
    ['jvp: what the function returned is undefined.', () => call('jvp', () => undefined, [x], [x]), RETURN],
    ['record: what the function returned is undefined.', () => call('record', () => undefined, x), RETURN],
    [
      'forLoop: the state that the step returned is undefined.',
      () => call('forLoop', 3, () => undefined, x),
      RETURN,
    ],
  ])
  summaries('OPTION', [
    ['jit: what the function returned is a Model.', () => of('jit', () => new Model())(x), TREES],
    [
      'jit: what the function returned has a Promise at .a.',
      () => of('jit', () => ({ a: promise }))(x),
      BEFORE,
    ],
  ])
})
