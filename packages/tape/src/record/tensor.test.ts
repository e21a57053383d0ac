import { thrownBy } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DTypeError,
  forLoop,
  fromData,
  grad,
  jit,
  less,
  OptionError,
  RecordError,
  ShapeError,
  sum,
  type Tensor,
  tensor,
} from '../index.js'

describe('fromData', () => {
  const three = new Float32Array(3)

  test.each([[[-1, -3]], [[1.5, 2]], [[2]]])('refuses shape %j for three elements', shape => {
    expect(() => fromData({ dtype: 'f32', shape }, three)).toThrow(OptionError)
  })

  test('keeps its own shape', () => {
    const shape = [3]
    const x = fromData({ dtype: 'f32', shape }, three)
    shape[0] = 4
    expect(x.shape).toEqual([3])
    expect(() => (x.shape as number[]).push(2)).toThrow(TypeError)
  })

  test('refuses bools that are neither 0 nor 1', () => {
    expect(() => fromData({ dtype: 'bool', shape: [2] }, new Uint8Array([0, 2]))).toThrow(/neither 0 nor 1/)
    expect(tensor(new Uint8Array([0, 2]), { dtype: 'bool' }).toArray()).toEqual([false, true])
  })
})

describe('bytes', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 8 })

  test('are bool without a dtype if all are 0 or 1, and otherwise refused', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(Uint8Array, Buffer), (list, Bytes) => {
        const made = () => tensor(Bytes.from(list))
        if (list.some(byte => byte > 1)) expect(made).toThrow(OptionError)
        else expect(made().convert('i32').toArray()).toEqual(list)
      }),
    )
  })

  test.each(['f32', 'f64', 'i32'] as const)('are the numbers they are as %s', dtype => {
    fc.assert(
      fc.property(bytes, list => {
        expect(tensor(new Uint8Array(list), { dtype }).toArray()).toEqual(list)
      }),
    )
  })

  test('that are refused are told', () => {
    expect(thrownBy(() => tensor(new Uint8Array([0, 128, 255])), OptionError).parts).toMatchObject({
      summary: 'tensor: no dtype for a Uint8Array that holds 128.',
      expected: 'Float32Array, Float64Array, Int32Array, or Uint8Array of 0 and 1 for bool',
      fix: 'say which dtype is meant: tensor(data, { dtype: … })',
    })
  })
})

describe('numbers beside i32 tensors', () => {
  const k = tensor([1, 2, 3], { dtype: 'i32' })

  test.each([0.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])('%d is refused', value => {
    expect(() => k.mul(value)).toThrow(DTypeError)
    expect(() => less(k, value)).toThrow(DTypeError)
  })

  test('whole numbers are taken', () => {
    expect(k.mul(-2).toArray()).toEqual([-2, -4, -6])
    expect(k.add(2 ** 31 - 10).toArray()).toEqual([2 ** 31 - 9, 2 ** 31 - 8, 2 ** 31 - 7])
  })
})

describe('options', () => {
  test('of a wrong kind are refused before anything runs', () => {
    expect(() => grad((x: Tensor) => sum(x), { reduction: 'average' as 'mean' })).toThrow(/'mean' or 'sum'/)
    expect(() => jit((x: Tensor) => x, { arithmetic: 'exact' as 'fast' })).toThrow(/'fast' or 'portable'/)
  })

  test('a loss without rows has no mean', () => {
    expect(() => grad((x: Tensor) => x)(tensor(new Float32Array(0)))).toThrow(ShapeError)
  })
})

test('a transformed function forgets old sets of avals', () => {
  const double = jit((x: Tensor) => x.add(x))
  for (let size = 1; size < 200; size++) {
    expect(
      double(tensor(new Float32Array(size).fill(1)))
        .at(size - 1)
        .item(),
    ).toBe(2)
  }
})

describe('JavaScript’s own operators', () => {
  const text: string = 'text'

  test('take the number of a tensor of one element', () => {
    const x = tensor(3)
    expect([Number(x) > 2, Number(x) * 2, Math.sqrt(Number(tensor([9])))]).toEqual([true, 6, 3])
    expect(`${x}`).toBe('Tensor f32[] 3')
    expect(() => Number(tensor([1, 2]))).toThrow(OptionError)
  })

  describe.each([false, true])('are refused while recording, dynamic: %s', dynamic => {
    test.each<[string, (x: number, w: Tensor) => unknown]>([
      ['x > 0', x => x > 0],
      ['x * 2', x => x * 2],
      ['-x', x => -x],
      ['Math.sin(x)', x => Math.sin(x)],
      ['Number(x)', x => Number(x)],
      ['[x] in a typed array', x => new Float32Array([x])],
      ['a loop', x => Array.from({ length: x }, (_, k) => k)],
      ['a shape', (x, w) => w.reshape([x, 1])],
    ])('%s', (_, use) => {
      const f = (w: Tensor, n: Tensor) => {
        const x = n.add(0).sum()
        use(x as unknown as number, w)
        return w.mul(x)
      }
      const given = [tensor(3), tensor([1])] as const
      for (const run of [grad(f, { dynamic }), jit(f, { dynamic })]) {
        expect(thrownBy(() => run(...given), RecordError).parts).toMatchObject({
          summary: 'JavaScript makes a number of f32[] while recording, of which nothing would be recorded.',
          at: expect.stringMatching(/^tensor\.test\.ts:/),
          fix: expect.stringMatching(
            /x\.mul\(2\).*x\.add\(1\).*x\.sin\(\).*where.*x\.item\(\) > 0.*close over/,
          ),
        })
      }
    })

    test.each<[string, (x: number) => unknown]>([
      ['x + 1', x => x + 1],
      ["'text' + x", x => text + x],
      ["x + 'text'", x => x + text],
    ])('%s, which may ask for text or a number', (_, use) => {
      const f = (w: Tensor, x: Tensor) => {
        use(x.sum() as unknown as number)
        return w
      }
      expect(thrownBy(() => jit(f, { dynamic })(tensor(3), tensor([1])), RecordError).parts).toMatchObject({
        summary:
          'JavaScript makes text or a number of f32[] by + or == while recording, of which nothing would be recorded.',
        at: expect.stringMatching(/^tensor\.test\.ts:/),
        fix: expect.stringMatching(
          /^in text, write x\.toString\(\) or x\.shape; in formulas, x\.add\(1\) for x \+ 1, x\.equal\(1\) for x == 1/,
        ),
      })
    })

    test('but not text, what is known, and values that are asked for', () => {
      const known = tensor(5)
      const f = (w: Tensor) => {
        expect(`${w}`).toMatch(/^Tensor f32\[\]/)
        const factor = dynamic ? w.item() : 3
        return w.mul(Number(known) * factor)
      }
      expect(grad(f, { dynamic })(tensor(3)).item()).toBe(15)
    })
  })

  test('say of a tensor that has left its recording that it has', () => {
    let left = tensor(0)
    jit((x: Tensor) => {
      left = x
      return x
    })(tensor(1))
    expect(() => Number(left)).toThrow(/has left the recording/)
  })

  test('a number of steps is closed over', () => {
    const f = jit((n: Tensor, x: Tensor) => forLoop(n as unknown as number, (_, y) => y.mul(2), x))
    expect(thrownBy(() => f(tensor(3), tensor(1)), OptionError).parts.fix).toMatch(/^close over the number/)
  })

  test('JSON has dtype, shape and elements', () => {
    expect(JSON.parse(JSON.stringify(tensor([[1, 2]])))).toEqual({
      dtype: 'f32',
      shape: [1, 2],
      data: [1, 2],
    })
  })
})

describe('what is no tensor', () => {
  test.each([
    [() => tensor([1], { dtype: 'f16' as 'f32' }), /no dtype 'f16'/],
    [() => tensor('a' as unknown as number), /'a' is no number/],
    [() => tensor([1, 2]).sum(-1 as never), /write { axis: -1 }/],
  ])('%s is refused', (make, message) => {
    expect(make).toThrow(OptionError)
    expect(make).toThrow(message)
  })
})
