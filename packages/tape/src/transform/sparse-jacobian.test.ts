import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromData, jacobian, matmul, sparseJacobian, type Tensor, tensor, valueAndGrad } from '../index.js'
import { colourColumns } from './colouring.js'

/** A random pattern without repeated places. */
const patterns = fc
  .record({
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    density: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 81, maxLength: 81 }),
  })
  .map(({ height, width, density, seed }) => {
    const places = Array.from({ length: height * width }, (_, k) => k).filter(
      k => (seed[k] as number) < density,
    )
    return {
      height,
      width,
      rows: places.map(k => Math.floor(k / width)),
      columns: places.map(k => k % width),
    }
  })

describe('colourColumns', () => {
  test('columns of a colour share no row', () => {
    fc.assert(
      fc.property(patterns, ({ rows, columns, width }) => {
        const { colours, count } = colourColumns({ rows, columns }, width)
        const taken = new Set(rows.map((row, k) => `${row} ${colours[columns[k] as number]}`))
        expect(taken.size).toBe(rows.length)
        expect(colours.every(colour => colour >= 0 && colour < count)).toBe(true)
        const fullest = Math.max(0, ...rows.map(row => rows.filter(other => other === row).length))
        expect(count).toBeGreaterThanOrEqual(fullest)
      }),
    )
  })

  test('a tridiagonal matrix has three colours, an arrow two by its rows', () => {
    const n = 100
    const band = Array.from({ length: n }, (_, k) =>
      [k - 1, k, k + 1].filter(j => j >= 0 && j < n).map(j => [k, j]),
    )
    const [rows, columns] = [0, 1].map(side => band.flat().map(place => place[side] as number)) as [
      number[],
      number[],
    ]
    expect(colourColumns({ rows, columns }, n).count).toBe(3)
    const all = Array.from({ length: n }, (_, k) => k)
    const arrow = { rows: [...all, ...all.slice(1)], columns: [...all, ...all.slice(1).map(() => 0)] }
    expect(colourColumns(arrow, n).count).toBe(2)
    expect(colourColumns({ rows: arrow.columns, columns: arrow.rows }, n).count).toBe(n)
  })
})

describe('sparseJacobian', () => {
  test('is the Jacobian at the places of the pattern', () => {
    fc.assert(
      fc.property(patterns, fc.boolean(), ({ rows, columns, height, width }, f64) => {
        const dtype = f64 ? 'f64' : 'f32'
        const dense = new Float64Array(height * width)
        rows.forEach((row, k) => {
          dense[row * width + (columns[k] as number)] = 1 + k
        })
        const weights = tensor(dense, { dtype, shape: [height, width] })
        const f = (x: Tensor) => matmul(weights, x.square().reshape([width, 1])).reshape([height])
        const x = tensor(
          Array.from({ length: width }, (_, k) => k + 1),
          { dtype },
        )
        const { values, shape } = sparseJacobian(f, { rows, columns })(x)
        const full = jacobian(f)(x) as Tensor
        expect(shape).toEqual([height, width])
        const expected = full.toTypedArray()
        expect(Array.from(values.toTypedArray())).toEqual(
          rows.map((row, k) => expected[row * width + (columns[k] as number)]),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('patterns that do not fit are refused', () => {
    const f = (x: Tensor) => x.square()
    const x = fromData({ dtype: 'f32', shape: [2] }, new Float32Array(2))
    expect(() => sparseJacobian(f, { rows: [0, 2], columns: [0, 1] })(x)).toThrowErrorMatchingInlineSnapshot(`
      [OptionError: sparseJacobian: element 1 of the pattern is at row 2, column 1.
        expected  places in a Jacobian of 2 rows and 2 columns
        at        sparse-jacobian.test.ts:87:70]
    `)
    expect(() => sparseJacobian(f, { rows: [0], columns: [] })(x)).toThrowErrorMatchingInlineSnapshot(`
      [OptionError: sparseJacobian: 1 rows and 0 columns.
        expected  a row and a column for each element
        at        sparse-jacobian.test.ts:92:18]
    `)
  })

  test('what has no Jacobian is refused', () => {
    const pattern = { rows: [0], columns: [0] }
    const at = (fn: (x: Tensor) => unknown, x: unknown) => () =>
      sparseJacobian(fn as (x: Tensor) => Tensor, pattern)(x as Tensor)
    expect(at(x => x.square(), tensor([1], { dtype: 'i32' }))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: sparseJacobian: the argument is i32[1], which is not differentiable.
        expected  f32 or f64
        at        sparse-jacobian.test.ts:102:59]
    `)
    expect(at(x => x.greater(0), tensor([1]))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: sparseJacobian: the result is bool[1], which is not differentiable.
        expected  f32 or f64
        at        sparse-jacobian.test.ts:102:59]
    `)
    expect(at(x => [x, x], tensor([1]))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: sparseJacobian: the result is no tensor.
        expected  one tensor
        at        sparse-jacobian.test.ts:102:59]
    `)
    expect(at(x => x, 1)).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: sparseJacobian: the argument is no tensor.
        expected  one tensor
        at        sparse-jacobian.test.ts:102:59]
    `)
  })
})

describe('auxiliary results of a loss', () => {
  test('are handed on with their types, undifferentiated, one number a row or not', () => {
    const f = valueAndGrad((x: Tensor) => [x.square(), { rows: x.add(1), list: [x.sum()] }], {
      auxiliary: true,
    })
    const { value, gradient, auxiliary } = f(tensor([1, 2]))
    expect(value.item()).toBe(2.5)
    expect(gradient.toArray()).toEqual([1, 2])
    expect(auxiliary.rows.toArray()).toEqual([2, 3])
    expect(auxiliary.list[0]?.item()).toBe(3)
  })

  test('mistakes are refused', () => {
    const pair = ((x: Tensor) => [x, x, x]) as never
    expect(() => valueAndGrad(pair, { auxiliary: true })(tensor(1))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: grad: the loss returned a tree of tensors.
        expected  [loss, auxiliary], with a tree of tensors second
        at        sparse-jacobian.test.ts:140:57]
    `)
    expect(() => valueAndGrad(pair)(tensor(1))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: grad: the loss returned a tree of tensors.
        expected  a scalar, or one number a row (rank 1)
        at        sparse-jacobian.test.ts:145:36
        fix       valueAndGrad with { auxiliary: true } takes [loss, tree]]
    `)
  })
})
