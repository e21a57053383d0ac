import {
  type DType,
  flatten,
  fromData,
  ShapeError,
  type Tensor,
  type Tree,
  tensor,
  WengertError,
} from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adam, mlp } from '../index.js'
import { fromSafetensors, SafetensorsError, toSafetensors } from './index.js'

const words = (x: Tensor) => {
  const data = x.toTypedArray()
  return [x.dtype, x.shape.join(), Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')]
}
const bits = (tree: Tree<Tensor>) => flatten(tree).leaves.map(words)

/** A file of a header, as it is written or as an object, and bytes. */
function file(header: unknown, bytes = 0, length?: bigint): Uint8Array {
  const json =
    header instanceof Uint8Array
      ? header
      : new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const whole = new Uint8Array(8 + json.length + bytes)
  new DataView(whole.buffer).setBigUint64(0, length ?? BigInt(json.length), true)
  whole.set(json, 8)
  return whole
}

/** The fields of a tensor of 4 bytes. */
const ONE = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'

const leaf = fc
  .record({
    dtype: fc.constantFrom<DType>('f32', 'f64', 'i32', 'bool'),
    shape: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
    seed: fc.nat(),
  })
  .map(({ dtype, shape, seed }) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -0, 5e-324, 1e-40, -1.5, 3]
    const numbers = Array.from({ length: size }, (_, k) => odd[(seed + k) % odd.length] as number)
    const whole = Array.from({ length: size }, (_, k) => (seed * 31 + k * 7) | 0)
    if (dtype === 'bool')
      return fromData(
        { dtype, shape },
        Uint8Array.from(whole, k => k & 1),
      )
    if (dtype === 'i32') return fromData({ dtype, shape }, Int32Array.from(whole))
    return fromData({ dtype, shape }, (dtype === 'f32' ? Float32Array : Float64Array).from(numbers))
  })
const { tree } = fc.letrec<{ tree: Tree<Tensor> }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('w', 'b', '__proto__', 'ü', '0', 'a b'), tie('tree'), { maxKeys: 3 }),
  ),
}))

describe('safetensors', () => {
  test('a tree comes back as it was, to the last bit, and is aligned in the file', () => {
    fc.assert(
      fc.property(tree, fc.nat({ max: 9 }), (tree, shift) => {
        const bytes = toSafetensors(tree)
        // not where its buffer begins
        const moved = new Uint8Array(bytes.length + shift).subarray(shift)
        moved.set(bytes)
        const found = fromSafetensors(moved, tree)
        expect(flatten(found).structure).toEqual(flatten(tree).structure)
        expect(bits(found)).toEqual(bits(tree))
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
        const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
        const begins = Object.values(header as Record<string, { dtype: string; data_offsets: number[] }>).map(
          ({ dtype, data_offsets: [begin = 0] }) => begin % ({ F64: 8, BOOL: 1 }[dtype] ?? 4),
        )
        expect([length % 8, ...begins].every(rest => rest === 0)).toBe(true)
      }),
    )
  })

  test('a file as others write it', () => {
    const bytes = file(
      {
        __metadata__: { format: 'pt' },
        'layer.weight': { dtype: 'F32', shape: [1, 2], data_offsets: [4, 12] },
        step: { dtype: 'I32', shape: [], data_offsets: [0, 4] },
        mask: { dtype: 'BOOL', shape: [2], data_offsets: [12, 14] },
      },
      14,
    )
    new DataView(bytes.buffer).setFloat32(bytes.length - 6, 1.5, true)
    bytes.set([7, 0], bytes.length - 2)
    const { step, mask, ...others } = fromSafetensors(bytes)
    expect(others['layer.weight']?.toArray()).toEqual([[0, 1.5]])
    expect([step?.item(), mask?.toArray()]).toEqual([0, [true, false]])
  })

  test('tensors without elements lie anywhere between others, in any order', () => {
    const empty = (begin: number) => ({ dtype: 'F32', shape: [0], data_offsets: [begin, begin] })
    const w = { dtype: 'I32', shape: [1], data_offsets: [0, 4] }
    expect(Object.keys(fromSafetensors(file({ w, c: empty(4), a: empty(0) }, 4)))).toEqual(['a', 'c', 'w'])
    expect(() => fromSafetensors(file({ w, a: empty(2) }, 4))).toThrow(/the bytes of 'a' begin at 2/i)
  })

  test('a length of -0 is 0', () => {
    const { w } = fromSafetensors(file('{"w":{"dtype":"F32","shape":[-0,2],"data_offsets":[-0,0]}}'))
    expect(w?.shape).toEqual([0, 2])
  })

  test('data that do not begin where their buffer does', () => {
    const x = fromData({ dtype: 'f32', shape: [2] }, new Float32Array([9, 1, 2, 9]).subarray(1, 3))
    expect(fromSafetensors(toSafetensors({ x }))['x']?.toArray()).toEqual([1, 2])
  })

  test('parameters and the state of an optimiser', () => {
    const params = mlp({ sizes: [3, 4, 2] }).init(1)
    const optimiser = adam()
    const { state } = optimiser.update(params, params, optimiser.init(params))
    expect(bits(fromSafetensors(toSafetensors({ params, state }), { params, state }))).toEqual(
      bits({ params, state }),
    )
  })

  test('parts of the tree in a file are passed over', () => {
    fc.assert(
      fc.property(tree, tree, (wanted, other) => {
        const bytes = toSafetensors({ wanted, other, others: tensor(1) })
        const found = fromSafetensors(bytes, { wanted, others: tensor(0) }, { ignore: ['other'] })
        expect(bits(found)).toEqual(bits({ wanted, others: tensor(1) }))
      }),
    )
    const bytes = toSafetensors({ w: tensor(1), training: { epoch: tensor(3) } })
    expect(() => fromSafetensors(bytes, { w: tensor(0) }, { ignore: ['train', 'training.e'] })).toThrow(
      /there is a tensor 'training\.epoch'[\s\S]*fix +\{ ignore: \['training\.epoch'\] \}/,
    )
    expect(() => fromSafetensors(bytes, { w: tensor(0) }, { ignore: 'training' as never })).toThrow(
      /`ignore` is 'training'[\s\S]*a list of names/,
    )
  })

  test.each([
    ['nothing', ''],
    ['text', 'x,y,label\n1,2,0\n'],
    ['8 bytes', '12345678'],
    ['an image', '\u0089PNG\r\n\u001a\n\0\0'],
  ])('%s is no safetensors file, and is said to be none', (_, text) => {
    expect(() => fromSafetensors(new TextEncoder().encode(text))).toThrow(
      'fromSafetensors: The bytes are no safetensors file.',
    )
  })

  test('names that would be one, and the name that is taken, are refused', () => {
    expect(() => toSafetensors({ 'a.b': tensor(1), a: { b: tensor(2) } })).toThrow(
      /two tensors are named `a\.b`/,
    )
    expect(() => toSafetensors({ __metadata__: tensor(1) })).toThrow(SafetensorsError)
  })

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['too little', new Uint8Array(7)],
    ['a header that is longer than the file', file({}, 0, 1000n)],
    ['a header that is longer than any', file({}, 0, 2n ** 63n)],
    ['a header that is cut off', file('{"a":{"dty')],
    ['no object', file('[]')],
    ['no text', file('\u0000\u0001')],
    ['a mark before the header', file('\ufeff{}')],
    ['spaces before the header', file('  {}')],
    ['a name that is no UTF-8', file(Uint8Array.from([...Buffer.from(`{"\xff":${ONE}}`, 'latin1')]), 4)],
    ['a tensor twice', file(`{"a":${ONE},"\\u0061":${ONE}}`, 4)],
    ['a field twice', file('{"a":{"dtype":"F64","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}')],
    ...[5, 'x', null, ['x'], { x: 1 }, { x: { y: 'z' } }, { x: null }].map((words): [string, Uint8Array] => [
      `metadata that are ${JSON.stringify(words)}`,
      file({ __metadata__: words, a: JSON.parse(ONE) }, 4),
    ]),
    ['no fields', file({ a: null })],
    ['an unknown dtype', file({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, 2)],
    ['a shape that is none', file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4)],
    ['lengths below 0', file({ a: { dtype: 'F32', shape: [-1, -1], data_offsets: [0, 4] } }, 4)],
    [
      'a shape that is no number of elements',
      file({ a: { dtype: 'F32', shape: [...Array(30).fill(2 ** 50), 0], data_offsets: [0, 0] } }),
    ],
    [
      'a shape beyond numbers',
      file({ a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } }, 4),
    ],
    ['offsets that are none', file({ a: { dtype: 'F32', shape: [1], data_offsets: ['0', 4] } }, 4)],
    ['three offsets', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4)],
    ['offsets of other bytes', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 8] } }, 8)],
    ['offsets backwards', file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4)],
    ['a hole', file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, 8)],
    [
      'tensors that overlap',
      file(
        {
          a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
        },
        8,
      ),
    ],
    ['bytes beyond the last', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 5)],
    ['bytes that are missing', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 3)],
  ])('%s is refused', (_, bytes) => {
    expect(() => fromSafetensors(bytes)).toThrow(SafetensorsError)
  })

  test('a header that is too long, for the file or for any, is not read', () => {
    const refusal = (bytes: Uint8Array) => thrownBy(() => fromSafetensors(bytes), SafetensorsError).message
    expect(refusal(file({}, 0, 1000n))).toMatchInlineSnapshot(`
      "fromSafetensors: The header would have 1000 bytes.
        expected  at most 2, as are there"
    `)
    const whole = file({}, 100_000_000, 100_000_001n)
    expect(refusal(whole)).toMatchInlineSnapshot(`
      "fromSafetensors: The header would have 100000001 bytes.
        expected  at most 100000000, as are there"
    `)
  })

  const [deep, long] = [`${'['.repeat(6000)}${']'.repeat(6000)}`, 'x'.repeat(1e6)]
  test.each([
    ['a dtype of many lists', `{"a":{"dtype":${deep},"shape":[1],"data_offsets":[0,4]}}`],
    ['a shape of many lists', `{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,4]}}`],
    ['offsets of many lists', `{"a":{"dtype":"F32","shape":[1],"data_offsets":${deep}}}`],
    ['metadata of many lists', `{"__metadata__":${deep}}`],
    ['fields of many lists', `{"a":${deep}}`],
    ['a long dtype', `{"a":{"dtype":"${long}","shape":[1],"data_offsets":[0,4]}}`],
    ['a long shape', `{"a":{"dtype":"F32","shape":["${long}"],"data_offsets":[0,4]}}`],
    ['long metadata', `{"__metadata__":"${long}"}`],
    ['a dtype with a maker of its own', `{"a":{"dtype":{"constructor":{"name":"${long}"}}}}`],
    ['a long name', `{"${long}":{}}`],
    ['a long name twice', `{"${long}":1,"${long}":1}`],
    ['a long name at a wrong place', `{"${long}":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`],
    ['a long name that is not wanted', `{"${long}":${ONE}}`],
    ['a name that is not wanted, in many lines', `{"a\\n\\u001b[1m":${ONE}}`],
    ['a shape of many lengths', `{"w":{"dtype":"F32","shape":[${Array(1e5).fill(1)}],"data_offsets":[0,4]}}`],
  ])('an error says no more of a file than fits: %s', (_, header) => {
    const { message } = thrownBy(() => fromSafetensors(file(header, 4), { w: tensor(1) }), WengertError)
    expect(message.length).toBeLessThan(800)
    expect(message.split('\n').every(line => /^\P{Cc}+$/u.test(line))).toBe(true)
  })

  test('any change of a header is refused, or gives tensors of the same bytes', () => {
    const bytes = toSafetensors({ w: tensor([1, 2]), b: tensor(3) })
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    fc.assert(
      fc.property(fc.nat({ max: header + 7 }), fc.nat({ max: 255 }), (at, byte) => {
        const changed = bytes.slice()
        changed[at] = byte
        try {
          const sum = Object.values(fromSafetensors(changed)).reduce(
            (sum, x) => sum + x.toTypedArray().byteLength,
            0,
          )
          expect(sum).toBe(bytes.length - header - 8)
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('what is not like the tree that is wanted is refused, by name', () => {
    const bytes = toSafetensors({ w: tensor([1, 2]) })
    expect(() => fromSafetensors(bytes, { w: tensor([1, 2]), b: tensor(1) })).toThrow(
      /there is no tensor 'b'/,
    )
    expect(() => fromSafetensors(bytes, { v: tensor(1), w: tensor(1) })).toThrow(/no tensor 'v'/)
    expect(() => fromSafetensors(bytes, {})).toThrow(/there is a tensor 'w'/)
    expect(() => fromSafetensors(bytes, { w: tensor([1, 2, 3]) })).toThrow(ShapeError)
    expect(() => fromSafetensors(bytes, { w: tensor([1, 2], { dtype: 'f64' }) })).toThrow(/`w` is f32\[2\]/)
    expect(() => fromSafetensors('w' as never)).toThrow(/a Uint8Array/)
  })
})
