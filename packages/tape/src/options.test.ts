import { thrownBy } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as tape from './index.js'
import { checkOptions, type OptionError, shown, tensor, WengertError } from './index.js'

const square = (x: tape.Tensor) => x.square().sum()
const wrong = (value: unknown) => value as never
const uncalled = (fn: unknown) => fn as () => unknown

const errorOf = (run: () => unknown) => thrownBy(run, WengertError)

describe('options and functions that are none are refused when they are given, not at the first call', () => {
  it.each<[string, () => unknown, string]>([
    ['a size in place of options', () => tape.grad(square, wrong(65536)), 'grad: the options are 65536.'],
    ['null', () => tape.jit(square, wrong(null)), 'jit: the options are null.'],
    ['a list', () => tape.vmap(square, wrong([0])), 'vmap: the options are [0].'],
    ['a tensor', () => tape.grad(square, wrong(tensor(1))), 'grad: the options are a Tensor.'],
    ['another case', () => tape.grad(square, wrong({ argNums: 1 })), 'grad: there is no option `argNums`.'],
    [
      'dynamic of a Hessian',
      () => tape.hessian(square, wrong({ dynamic: true })),
      'hessian: there is no option `dynamic`.',
    ],
    [
      'dynamic of a Jacobian',
      () => tape.jacrev(square, wrong({ dynamic: true })),
      'jacrev: there is no option `dynamic`.',
    ],
    ['text for a flag', () => tape.jit(square, wrong({ dynamic: 'yes' })), "`dynamic` is 'yes'."],
    ['a reduction', () => tape.grad(square, wrong({ reduction: 'median' })), "`reduction` is 'median'."],
    ['not a number of bytes', () => tape.jit(square, { memory: Number.NaN }), 'size in bytes: NaN.'],
    ['text for positions', () => tape.grad(square, wrong({ argnums: 'x' })), "grad: `argnums` is 'x'."],
    ['half a position', () => tape.grad(square, { argnums: 0.5 }), 'grad: `argnums` is 0.5.'],
    ['a negative position', () => tape.valueAndGrad(square, { argnums: [0, -1] }), '`argnums` is [0, -1].'],
    [
      'a position that a call has not',
      () => tape.valueAndGrad(square, { argnums: 1 })(tensor(1)),
      'valueAndGrad: there is no argument 1; the function was called with 1.',
    ],
    ['no argument at all', () => uncalled(tape.grad(square))(), 'the function was called with none.'],
    [
      'no argument of a Jacobian',
      () => uncalled(tape.jacrev(square))(),
      'jacrev: argument 0 is undefined, not a tensor.',
    ],
    ['none of a Hessian', () => uncalled(tape.hessian(square))(), 'is undefined, not a tensor.'],
    ['a tree', () => tape.jacfwd(square)(wrong([tensor(1)])), 'is [a Tensor], not a tensor.'],
    ['none to explain', () => uncalled(tape.grad(square).explain)(), 'the function was called with none.'],
    ['a store of another kind', () => tape.grad(square, { spill: wrong('/tmp') }), "`spill` is '/tmp'."],
    ['a store in another case', () => tape.jit(square, { spill: wrong({ Directory: '.' }) }), '`Directory`'],
    ['a store with more', () => tape.jit(square, { spill: wrong({ directory: '.', size: 3 }) }), '`size`'],
    [
      'a size of a store',
      () => tape.jit(square, { spill: { directory: '.', bytes: 'much' } }),
      "`spill.bytes` is not a size in bytes: 'much'.",
    ],
    [
      'a store without a method',
      () => tape.jit(square, { spill: wrong({ bytes: 512, write() {}, read() {} }) }),
      '`spill` is a store without `clear`.',
    ],
    [
      'a store without two of them',
      () => tape.jit(square, { spill: wrong({ bytes: 512, write: 3, clear() {} }) }),
      '`spill` is a store without `write` and `read`.',
    ],
    ['a list for a store', () => tape.jit(square, { spill: wrong([]) }), 'spill: the options are [].'],
    ['bytes of a place', () => tape.spillBytesOf(wrong({ opfs: false })), '`spill` is {"opfs":false}.'],
    ...[-4, 2, 12, Number.NaN].map((offset): [string, () => unknown, string] => [
      `a view at ${offset}`,
      () => tape.viewOf({ dtype: 'f32', shape: [2] }, new ArrayBuffer(16), offset),
      `viewOf: the offset is ${offset}.`,
    ]),
    ...(['memoryBytes', 'spillBytes'] as const).map((name): [string, () => unknown, string] => [
      `NaN as ${name}`,
      () => tape.compile(tape.record(square, tensor(1)).program, { [name]: Number.NaN }),
      `compile: \`${name}\` is NaN.`,
    ]),
    ['a list for a place', () => tape.spillBytesOf(wrong([])), 'spill: the options are [].'],
    [
      'a store for a place',
      () => tape.spillBytesOf(wrong({ directory: '.', write() {}, read() {}, clear() {} })),
      '`spill` is a store, not a place where each lane opens its own.',
    ],
    ['a number to differentiate', () => tape.grad(wrong(3)), 'grad: what it takes is 3, not a function.'],
    ['undefined to map', () => tape.vmap(wrong(undefined)), 'vmap: what it takes is undefined'],
    ['a tensor to record', () => tape.record(wrong(tensor(1))), 'record: what it takes is a Tensor'],
    ['jvp', () => tape.jvp(wrong('f'), [tensor(1)], [tensor(1)]), "jvp: what it takes is 'f'"],
    ['vjp', () => tape.vjp(wrong({}), tensor(1)), 'vjp: what it takes is {}'],
    ['checkpoint', () => tape.checkpoint(wrong(1)), 'checkpoint: what it takes is 1'],
    ['scan', () => tape.scan(wrong(1), tensor(0), null, { length: 1 }), 'scan: what it takes is 1'],
    [
      'maxsteps',
      () => tape.whileLoop(wrong(square), wrong(square), tensor(0), wrong({ maxsteps: 3 })),
      'whileLoop: there is no option `maxsteps`.',
    ],
    ['a tree to name', () => tape.named(wrong({ a: tensor(1) }), 'a'), 'what is to have a name is {'],
    [
      'a negative length',
      () => tape.jit(square).explain({ dtype: 'f32', shape: [-3] }),
      'record: an aval has the shape [-3].',
    ],
    ['a dtype', () => tape.record(square, wrong({ dtype: 'f16', shape: [] })), "there is no dtype 'f16'."],
  ])('%s', (_, run, message) => {
    const error = errorOf(run)
    expect(error.code).toBe('OPTION')
    expect(error.message).toContain(message)
    expect(error.parts.at).toMatch(/^options\.test\.ts:\d+:\d+$/)
  })

  it('the name that was meant is said', () => {
    expect(errorOf(() => checkOptions('f', { maxsteps: 1 }, ['maxSteps'])).parts.fix).toBe('write `maxSteps`')
    const spill = wrong({ Directory: '.' })
    expect(errorOf(() => tape.grad(square, { spill })).parts.fix).toBe('write `directory`')
  })

  it('the place is the line of the user, also behind other packages', () => {
    const error = errorOf(() => tape.grad(square, wrong({ argNums: 1 }))) as OptionError
    expect(error.parts.at).toMatch(/^options\.test\.ts:\d+:\d+$/)
  })
})

describe('shown', () => {
  it.each<[unknown, string]>([
    ['a', "'a'"],
    [Number.NaN, 'NaN'],
    [-0, '0'],
    [undefined, 'undefined'],
    [null, 'null'],
    [5n, '5n'],
    [Symbol('s'), 'Symbol(s)'],
    [[1, 'a'], "[1, 'a']"],
    [Array(8).fill(0), '[0, 0, 0, 0, 0, 0, 0, 0]'],
    [Array(9).fill(0), 'a long list'],
    [square, 'a function'],
    [{ a: 1 }, '{"a":1}'],
    [new Map(), 'a Map'],
    ['one\ntwo\u001b[1m\u009b', "'one\\x0atwo\\x1b[1m\\x9b'"],
    ['x'.repeat(201), `'${'x'.repeat(200)}…'`],
    [[[[[[]]]]], '[[[[[]]]]]'],
    [[[[[[1]]]]], '[[[[a list]]]]'],
    [Array(8).fill('x'.repeat(30)), 'a long list'],
    [{ ['x'.repeat(300)]: 1 }, `an object of ${'x'.repeat(200)}…`],
    [{ constructor: { name: [] } }, '{"constructor":{"name":[]}}'],
    [Object.create(null), '{}'],
  ])('%s', (value, text) => expect(shown(value)).toBe(text))

  it('is short, whatever is shown', () => {
    const text = fc.string({
      unit: fc.nat({ max: 0x2ff }).map(code => String.fromCharCode(code)),
      maxLength: 300,
    })
    const small = fc.oneof(text, fc.double(), fc.constant(null))
    const { value } = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 7 },
        small,
        fc.array(tie('value'), { maxLength: 9 }),
        fc.dictionary(fc.oneof(fc.constantFrom('constructor', 'toJSON', 'length'), text), tie('value')),
      ),
    }))
    fc.assert(
      fc.property(value, value => {
        expect(shown(value)).toMatch(/^\P{Cc}{1,900}$/u)
      }),
    )
    let deep: unknown = []
    for (let depth = 0; depth < 1e5; depth++) deep = [deep]
    expect(shown(deep)).toBe('[[[[a list]]]]')
    expect(shown({ deep })).toBe('an object of deep')
  })
})

describe('a function is what can be called', () => {
  class Relu {
    class(x: tape.Tensor) {
      return x
    }
  }

  it.each<[string, unknown]>([
    ['a class', Relu],
    ['one that extends another', class Leaky extends Relu {}],
    ['one without a name', [class {}][0]],
    ['a frozen one', Object.freeze(class Frozen {})],
  ])('%s is none', (_, fn) => {
    const { parts } = errorOf(() => tape.checkFunction('mlp', fn, 'the activation'))
    expect(parts.summary).toBe('mlp: the activation is a class, not a function.')
    expect(parts.expected).toBe('a function of tensors to tensors')
    expect(parts.fix).toBe('give a method of an instance, as x => instance.method(x)')
    expect(parts.at).toMatch(/^options\.test\.ts:\d+:\d+$/)
    expect(errorOf(() => tape.grad(wrong(fn))).parts.summary).toBe(
      'grad: what it takes is a class, not a function.',
    )
  })

  it.each<[string, unknown]>([
    ['an arrow', square],
    ['a function', function square() {}],
    ['a frozen function', Object.freeze(function frozen() {})],
    ['a method that is named class', new Relu().class],
    ['a function that is named so', Object.defineProperty(() => 0, 'name', { value: 'class' })],
    ['a bound one', square.bind(null)],
    ['one of the host', Math.sin],
    ['a proxy', new Proxy(square, {})],
  ])('%s is one', (_, fn) => expect(() => tape.checkFunction('mlp', fn)).not.toThrow())
})
