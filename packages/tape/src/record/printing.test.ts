import { expect, test } from 'vitest'
import { grad, hessian, hvp, jit, mean, type Tensor, tensor, valueAndGrad, vmap } from '../index.js'

test('tensors print what JSON cannot', () => {
  expect(
    String(
      tensor([
        [Number.NaN, Number.POSITIVE_INFINITY],
        [-0, Number.NEGATIVE_INFINITY],
      ]),
    ),
  ).toBe('Tensor f32[2,2] [[NaN,Infinity],[-0,-Infinity]]')
  expect(String(tensor([true, false]))).toBe('Tensor bool[2] [true,false]')
})

test.each([[[1.5]], [[3e9]], [[Number.NaN]]])('%s is no i32', values => {
  expect(() => tensor(values, { dtype: 'i32' })).toThrow(/is no i32/)
})

test('means of counts and of hits', () => {
  expect(mean(tensor([true, false, true, true])).item()).toBe(0.75)
  expect(mean(tensor([1, 2], { dtype: 'i32' })).item()).toBe(1.5)
})

test('second derivatives are those of scalars', () => {
  const rows = (x: Tensor) => x.square()
  expect(() => hessian(rows)(tensor([1, 2]))).toThrowErrorMatchingInlineSnapshot(`
    [ShapeError: hessian: the function returned f32[2].
      expected  a scalar
      at        printing.test.ts:27:29
      fix       sum it, or take the Hessian of each row with vmap]
  `)
  expect(() => hvp(rows, tensor([1, 2]), tensor([1, 2]))).toThrow(/hvp: the function returned f32\[2\]/)
})

test('misspelt options are refused', () => {
  const f = (x: Tensor) => x.sum()
  const misspelt: readonly (() => unknown)[] = [
    () => grad(f, { argNums: 1 } as object),
    () => valueAndGrad(f, { memory: '1 MiB', reducton: 'sum' } as object),
    () => jit(f, { memroy: 1 } as object),
    () => vmap(f, { in_axes: 0 } as object)(tensor([[1]])),
  ]
  for (const make of misspelt) expect(make).toThrow(/there is no option `\w+`/)
})
