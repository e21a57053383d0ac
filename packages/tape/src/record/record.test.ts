import { interpret, toPlain, toTensor } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import {
  add,
  compile,
  convert,
  flatten,
  formatProgram,
  jit,
  mul,
  type Program,
  record,
  sameStructure,
  square,
  sum,
  Tensor,
  tensor,
  unflatten,
} from '../index.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

describe('record', () => {
  it('writes a Wengert list', () => {
    const { program } = record((x, y) => sum(mul(x, y).add(1)), f32(2, 3), f32(3))
    expect(formatProgram(program)).toMatchInlineSnapshot(`
      "input   %0 f32[2,3]
      input   %1 f32[3]
      const   %3 f32[] = 1
      %2 f32[2,3] = mul %0 %1
      %4 f32[2,3] = add %2 %3
      %5 f32[] = sum %4 axes=[0,1]
      output  %5"
    `)
  })

  it('gives plain data: a program survives structured cloning and runs', () => {
    const { program } = record(x => square(x).mul(3), f32(3))
    const clone: Program = structuredClone(program)
    expect(clone).toEqual(program)
    const [out] = interpret(clone, [{ dtype: 'f32', shape: [3], values: [1, 2, 3] }])
    expect(out?.values).toEqual([3, 12, 27])
    expect(compile(clone).hash).toBe(compile(program).hash)
  })

  it('brings concrete tensors in as constants, each once', () => {
    const w = tensor([1, 2])
    const { program, captures } = record(x => x.mul(w).add(w), f32(2))
    expect(captures).toEqual([])
    expect(program.constants.map(({ data }) => Array.from(data))).toEqual([[1, 2]])
  })

  it('has each scalar once, and tells 0 from −0', () => {
    const { program } = record(x => x.mul(2).add(2).add(0).add(-0), f32(2))
    expect(program.constants.map(({ data }) => data[0])).toEqual([2, 0, -0])
  })

  it('lifts tensors of outer recordings to inputs', () => {
    record(outer => {
      const { program, captures } = record(x => x.mul(outer).add(outer), f32(2))
      expect(captures).toEqual([outer])
      expect(program.inputs).toHaveLength(2)
      return outer
    }, f32(2))
    expect.assertions(2)
  })

  it('returns inputs, constants and numbers as outputs', () => {
    const { program, outputs } = record(x => ({ x, c: tensor([5]), n: 7 as unknown as Tensor }), f32(1))
    expect(outputs).toEqual({ keys: ['c', 'n', 'x'], of: ['*', '*', '*'] })
    const values = interpret(program, [{ dtype: 'f32', shape: [1], values: [3] }]).map(out => out.values)
    expect(values).toEqual([[5], [7], [3]])
    expect(jit((x: Tensor) => ({ x, twice: [x, x] }))(tensor([3])).twice.map(x => x.toArray())).toEqual([
      [3],
      [3],
    ])
  })

  it('ends recordings that fail', () => {
    let inner: Tensor | undefined
    const failing = () =>
      record(x => {
        inner = x
        throw new Error('on purpose')
      }, f32(1))
    expect(failing).toThrow('on purpose')
    expect(() => square(inner as Tensor)).toThrow('has left the recording')
  })
})

describe('literals', () => {
  it('take the dtype of the first operand that is not bool', () => {
    expect(add(tensor([1], { dtype: 'f64' }), 2).dtype).toBe('f64')
    expect(add(2, tensor([1], { dtype: 'i32' })).dtype).toBe('i32')
    expect(add(1, 2).dtype).toBe('f32')
    expect(tensor([true]).where(1, 2).dtype).toBe('f32')
    expect(tensor([true]).where(1, tensor(2, { dtype: 'f64' })).dtype).toBe('f64')
  })
})

describe('tensor', () => {
  it.each([
    [3, 'f32', []],
    [true, 'bool', []],
    [[1, 2], 'f32', [2]],
    [[[true], [false]], 'bool', [2, 1]],
    [[], 'f32', [0]],
    [[[], []], 'f32', [2, 0]],
    [new Float64Array([1]), 'f64', [1]],
    [new Int32Array([1, 2]), 'i32', [2]],
    [new Uint8Array([0, 1]), 'bool', [2]],
  ] as const)('%j is %s%j', (values, dtype, shape) => {
    const x = tensor(values)
    expect([x.dtype, x.shape]).toEqual([dtype, shape])
  })

  it('gives nested arrays back', () => {
    const nested = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ]
    expect(tensor(nested).toArray()).toEqual(nested)
    expect(tensor([[true, false]]).toArray()).toEqual([[true, false]])
    expect(tensor(new Uint8Array([0, 1])).toArray()).toEqual([false, true])
  })

  it('copies what it is given and what it gives', () => {
    const data = new Float32Array([1, 2])
    const x = tensor(data)
    data[0] = 9
    x.toTypedArray()[1] = 9
    expect(x.toArray()).toEqual([1, 2])
  })

  it('refuses shapes that do not fit, and holes', () => {
    expect(() => tensor([1, 2, 3], { shape: [2] })).toThrow('3 elements do not fill f32[2]')
    expect(() => tensor([[1], 2])).toThrow('ragged')
    expect(() => tensor([1, [2]])).toThrow('ragged')
    expect(() => tensor(new Int16Array(1) as unknown as Int32Array)).toThrow('no dtype for a Int16Array')
  })

  it('reads as text', () => {
    expect(String(tensor([[1, 2]]))).toBe('Tensor f32[1,2] [[1,2]]')
    expect(String(tensor(new Float32Array(33)))).toBe('Tensor f32[33] […]')
  })

  it('has every op as a method', () => {
    const x = tensor([0.5, -1])
    expect(x.mul(2).tanh().toArray()).toEqual(mul(x, 2).tanh().toArray())
    expect(convert(x, 'i32').toArray()).toEqual(x.convert('i32').toArray())
  })
})

describe('trees', () => {
  it('are taken apart with keys in order, and put together', () => {
    const tree = { b: tensor(1), a: [tensor(2), { c: tensor(3) }] }
    const { leaves, paths, structure } = flatten(tree)
    expect(paths).toEqual(['.a[0]', '.a[1].c', '.b'])
    expect(leaves.map(x => x.item())).toEqual([2, 3, 1])
    expect(unflatten(structure, leaves)).toEqual(tree)
  })

  it('are the same if nested alike, whatever the order of keys', () => {
    const structure = (tree: unknown) => flatten(tree).structure
    const x = tensor(0)
    expect(sameStructure(structure({ a: x, b: x }), structure({ b: x, a: x }))).toBe(true)
    expect(sameStructure(structure({ a: x }), structure([x]))).toBe(false)
    expect(sameStructure(structure([x, x]), structure([x]))).toBe(false)
  })

  it('refuse everything else with its path', () => {
    expect(() => flatten({ a: [tensor(1), new Map()] })).toThrow('a Map at .a[1]')
    expect(() => flatten(null)).toThrow('flatten: the tree is null.')
    expect(() => flatten({ a: undefined })).toThrow('undefined at .a')
  })

  it('of tensors have the elements they had', () => {
    const x = tensor([1, 2.5])
    expect(toTensor(toPlain(x)).toArray()).toEqual([1, 2.5])
    expect(x).toBeInstanceOf(Tensor)
  })
})
