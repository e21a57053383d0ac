import * as nn from '@wengert/nn'
import * as tape from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'

// Plain JavaScript: nothing is held to its type but by the functions themselves.
const js = { ...tape, ...nn } as unknown as Record<string, (...args: unknown[]) => unknown>
const call = (name: string, ...args: unknown[]) => js[name]?.(...args)

const { tensor } = tape
const x = tensor([[1, 2], [3, 4]]) // biome-ignore format: a matrix
const [w, b] = [x, tensor([1, 2])]
const method = (name: string, ...args: unknown[]) =>
  (x as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args)
const key = tape.randomKey(7)
const norm = { scale: b, shift: b }
const bytes = nn.toSafetensors({ w })
const TREES =
  'trees are arrays and plain objects, not instances of classes: give its tensors as { name: tensor, … }'
const cell = { wx: x, wh: x, b }

const errorOf = (run: () => unknown) => thrownBy(run, tape.WengertError)

describe('what is no tensor, no list and no parameters is named, with the place of the call', () => {
  it.each<[string, () => unknown, string | undefined]>([
    ['transpose: the permutation is 1, not a list.', () => method('transpose', 1, 0), 'write a list: [1, …]'],
    ['permute: the permutation is 1, not a list.', () => method('permute', 1, 0), 'write a list: [1, …]'],
    ['reshape: the shape is 4, not a list.', () => method('reshape', 4, 1), 'write a list: [4, …]'],
    ['reshape: the shape is undefined, not a list.', () => method('reshape'), undefined],
    ['broadcastTo: the shape is 2, not a list.', () => method('broadcastTo', 2, 2), 'write a list: [2, …]'],
    ["matmul: w is 'a', not a tensor.", () => call('matmul', x, 'a'), undefined],
    ['matmul: x is [1, 2], not a tensor.', () => call('matmul', [1, 2], x), 'make it a tensor: tensor([…])'],
    ['sum: x is [1, 2], not a tensor.', () => call('sum', [1, 2]), 'make it a tensor: tensor([…])'],
    [
      'mul: operand 2 is undefined.',
      () => call('mul', x),
      'look for a misspelt name, or an operand left out',
    ],
    ['add: operand 2 is an array.', () => call('add', x, [1, 2]), 'make it a tensor: tensor([…])'],
    [
      'uniform: the key is [2, 3], not a tensor.',
      () => call('uniform', [2, 3]),
      'make one of a seed: randomKey(7)',
    ],
    ['uniform: the shape is 2, not a list.', () => call('uniform', key, 2), 'write a list: [2, …]'],
    ['normal: the key is 7, not a tensor.', () => call('normal', 7, [2]), 'make one of a seed: randomKey(7)'],
    ['splitKey: the key is 7, not a tensor.', () => call('splitKey', 7), 'make one of a seed: randomKey(7)'],
    [
      'dropout: the key is 7, not a tensor.',
      () => call('dropout', 7, x, 0.5),
      'make one of a seed: randomKey(7)',
    ],
    ['dropout: x is undefined, not a tensor.', () => call('dropout', key), undefined],
    [
      'dense: the parameters have no `w`.',
      () => call('dense', { weight: w, bias: b }, x),
      '`weight` is `w` here',
    ],
    ['dense: the parameters have no `b`.', () => call('dense', { w, bias: b }, x), '`bias` is `b` here'],
    ['dense: the parameters have no `b`.', () => call('dense', { w }, x), undefined],
    ['dense: the parameter `b` is 0, not a tensor.', () => call('dense', { w, b: 0 }, x), undefined],
    ['dense: x is undefined, not a tensor.', () => call('dense', { w, b }), undefined],
    [
      'convolution: the parameters have no `w`.',
      () => call('convolution', { filter: w, b }, x),
      '`filter` is `w` here',
    ],
    [
      'embedding: the parameters have no `table`.',
      () => call('embedding', { weight: w }, x),
      '`weight` is `table` here',
    ],
    [
      'layerNorm: the parameters have no `shift`.',
      () => call('layerNorm', { scale: b, bias: b }, x),
      '`bias` is `shift` here',
    ],
    [
      'layerNorm: the parameters are a Tensor.',
      () => call('layerNorm', x, norm),
      'parameters come first: layerNorm(params, …)',
    ],
    ['layerNorm: x is {}, not a tensor.', () => call('layerNorm', norm, {}), undefined],
    ['rmsNorm: the parameters are undefined.', () => call('rmsNorm'), undefined],
    ['groupNorm: the parameters are [].', () => call('groupNorm', [], x, { groups: 1 }), undefined],
    [
      'batchNorm: the parameters have no `variance`.',
      () => call('batchNorm', norm, { mean: b, var: b }, x),
      '`var` is `variance` here',
    ],
    [
      'elmanCell: the state is undefined, not a tensor.',
      () => call('elmanCell', cell, undefined, x),
      undefined,
    ],
    ['lstmCell: the parameters have no `c`.', () => call('lstmCell', cell, { h: x }, x), undefined],
    ['gruCell: the parameters have no `bx`.', () => call('gruCell', cell, x, x), undefined],
    ['attention: key is undefined, not a tensor.', () => call('attention', x), undefined],
    [
      'crossEntropy: labels is [0, 1], not a tensor.',
      () => call('crossEntropy', x, [0, 1]),
      'make it a tensor: tensor([…])',
    ],
    ['init: `params` has a Date at .w.', () => nn.adam().init({ w: new Date() } as never), TREES],
    [
      'update: `params` has 1 at .w.',
      () => nn.sgd().update({ w: 1 } as never, { w } as never, nn.sgd().init({ w }) as never),
      'make it a tensor: tensor(…)',
    ],
    [
      'update: the gradient is a Promise.',
      () => nn.sgd().update({ w }, Promise.resolve({ w }) as never, nn.sgd().init({ w })),
      'await it before',
    ],
    ['toSafetensors: the tree is a Map.', () => call('toSafetensors', new Map()), TREES],
    ['fromSafetensors: `like` is a Map.', () => nn.fromSafetensors(bytes, new Map() as never), TREES],
    ['mlp: the options are undefined.', () => call('mlp'), undefined],
    ['mlp: `sizes` are undefined.', () => call('mlp', {}), undefined],
    [
      'mlp: the activation is a class, not a function.',
      () => call('mlp', { sizes: [1, 2, 1], activation: class Relu {} }),
      'give a method of an instance, as x => instance.method(x)',
    ],
    [
      'elmanCell: the activation is a class, not a function.',
      () => call('elmanCell', {}, w, w, { activation: class Relu {} }),
      'give a method of an instance, as x => instance.method(x)',
    ],
    [
      'grad: argument 0 is an array, which the function gets as scalars: w.sum is not a function.',
      () => tape.grad((w: never) => (w as tape.Tensor).sum())([1, 2, 3] as never),
      'make it a tensor: tensor([…])',
    ],
  ])('%s', (summary, run, fix) => {
    const { code, parts } = errorOf(run)
    expect(code).toBe('OPTION')
    expect(parts.summary).toBe(summary)
    expect(parts.fix).toBe(fix)
    expect(parts.at).toMatch(/^arguments\.test\.ts:\d+:\d+$/)
  })

  it('a list of scalars is taken as one, and errors that are not of it stay what they are', () => {
    const product = tape.grad(([a, b]: readonly [tape.Tensor, tape.Tensor]) => a.mul(b))
    expect(product([tensor(2), tensor(3)] as const).map(g => g.item())).toEqual([3, 2])
    const broken = tape.grad((_: tape.Tensor) => {
      throw new TypeError('mine')
    })
    expect(() => broken(x)).toThrow(new TypeError('mine'))
  })
})
