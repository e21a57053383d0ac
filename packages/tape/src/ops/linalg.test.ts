import type { DType } from '@wengert/kernels'
import {
  checkGradient,
  checkSecondOrder,
  sample,
  textbookEinsum,
  thrownBy,
  toPlain,
  toTensor,
} from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BudgetError, WengertError } from '../errors.js'
import { record, type Tensor, tensor } from '../record/index.js'
import { costOf } from '../run/index.js'
import { grad, jacfwd, jacrev, jit, vmap } from '../transform/index.js'
import * as ops from './table.js'

const values = (x: Tensor) => toPlain(x).values
const f64 = (rows: number[][]) =>
  tensor(rows.flat(), { dtype: 'f64' }).reshape([rows.length, rows[0]?.length ?? 0])
const identity = (n: number) => ops.diag(ops.add(ops.zerosLike(tensor(new Float64Array(n))), 1))

/** A sample with a dominant diagonal, and eigenvalues that differ. */
function matrix(n: number, m = n): Tensor {
  const [x] = sample([{ dtype: 'f64', shape: [n, m] }], [-1, 1]).map(toTensor) as [Tensor]
  const shift = ops.slice(
    ops.diag(tensor(Float64Array.from({ length: Math.max(n, m) }, (_, k) => 3 * k + 4))),
    [],
    [n, m],
  )
  return ops.add(x, shift)
}

const near = (got: Tensor, want: Tensor, room = 1e-10) => {
  expect(got.shape).toEqual(want.shape)
  values(got).forEach((value, k) => {
    const expected = values(want)[k] as number
    expect(Math.abs(value - expected), `${k}: ${value}, ${expected}`).toBeLessThan(
      room * Math.max(1, Math.abs(expected)),
    )
  })
}

/** Functions of a 3 × 3 matrix whose gradient goes through the rule of one op. */
const scalars: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
  ['cholesky', x => ops.sum(ops.pow(ops.cholesky(x), 3))],
  ['triangularSolve', x => ops.sum(ops.square(ops.triangularSolve(x, identity(3))))],
  ['lu', x => ops.sum(ops.pow(ops.lu(x).lu, 3))],
  ['solve', x => ops.sum(ops.square(ops.solve(x, tensor([1, 2, 3], { dtype: 'f64' }))))],
  ['inv', x => ops.sum(ops.pow(ops.inv(x), 2))],
  ['pinv', x => ops.sum(ops.square(ops.pinv(ops.slice(x, [], [3, 2]))))],
  ['det', x => ops.div(ops.det(x), 100)],
  ['logdet', x => ops.logdet(x)],
  ['qr', x => ops.sum(ops.add(ops.pow(ops.qr(x).q, 3), ops.square(ops.qr(x).r)))],
  ['eigh', x => ops.sum(ops.add(ops.pow(ops.eigh(x).vectors, 4), ops.eigh(x).values))],
  ['svd', x => ops.sum(ops.add(ops.pow(ops.svd(x).u, 4), ops.square(ops.svd(x).vt)))],
  ['svd of a tall matrix', x => ops.sum(ops.pow(ops.svd(ops.slice(x, [], [3, 2])).u, 4))],
]

describe.each(scalars)('derivatives of order 3: %s', (_, f) => {
  it('agree with finite differences', () => {
    checkSecondOrder(x => grad(f)(x as Tensor), [matrix(3)], { tolerance: 1e-7 })
  })

  it('do not depend on the order of modes', () => {
    near(jacfwd(jacrev(f))(matrix(3)) as Tensor, jacrev(jacfwd(f))(matrix(3)) as Tensor)
  })
})

describe('derivatives', () => {
  it('of what reads the lower triangle are 0 above it', () => {
    for (const f of [
      (x: Tensor) => ops.sum(ops.cholesky(x)),
      (x: Tensor) => ops.sum(ops.square(ops.eigh(x).vectors)),
    ]) {
      expect(values(ops.triu(grad(f)(matrix(4)), 1)).every(value => value === 0)).toBe(true)
    }
  })

  it('of a determinant are right at singular matrices of any rank', () => {
    const rank2 = f64([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) // biome-ignore format: a matrix
    near(grad(ops.det)(rank2), f64([[-3, 6, -3], [6, -12, 6], [-3, 6, -3]])) // biome-ignore format: a matrix
    expect(values(grad(ops.det)(f64([[1, 2, 3], [2, 4, 6], [3, 6, 9]])))).toEqual(new Array(9).fill(0)) // biome-ignore format: a matrix
    checkGradient(x => ops.det(x as Tensor), [rank2])
    for (const singular of [
      rank2,
      f64([
        [1, 2, 3],
        [2, 4, 6],
        [3, 6, 9],
      ]),
      f64([
        [1, 2],
        [2, 4],
      ]),
    ]) {
      // biome-ignore format: matrices
      checkSecondOrder(x => ops.det(x as Tensor), [singular])
    }
  })

  it('of log det are the transposed inverse', () => {
    near(grad(ops.logdet)(matrix(4)), ops.transpose(ops.inv(matrix(4))))
  })

  it('where eigenvalues repeat: of symmetric functions of them right, of vectors not finite', () => {
    const twice = ops.mul(identity(3), 2)
    near(grad((x: Tensor) => ops.sum(ops.pow(ops.eigh(x).values, 3)))(twice), ops.mul(identity(3), 12))
    near(grad((x: Tensor) => ops.sum(ops.singularValues(x)))(twice), identity(3))
    for (const f of [(x: Tensor) => ops.eigh(x).vectors, (x: Tensor) => ops.svd(x).u]) {
      expect(values(grad((x: Tensor) => ops.sum(f(x)))(twice)).some(Number.isNaN)).toBe(true)
    }
  })

  it('of a solution share one factorisation', () => {
    const f = (a: Tensor, b: Tensor) => ops.sum(ops.square(ops.solve(a, b)))
    const b = tensor([1, 2, 3], { dtype: 'f64' })
    const { program } = record((a: Tensor, b: Tensor) => grad(f, { argnums: [0, 1] })(a, b), matrix(3), b)
    expect(program.instructions.filter(({ op }) => op === 'lu')).toHaveLength(1)
  })

  it('are mapped over batches of right-hand sides without repeating the matrix', () => {
    const a = matrix(3)
    const bs = toTensor(sample([{ dtype: 'f64', shape: [5, 3] }], [-1, 1])[0] as never)
    const { program } = record((bs: Tensor) => vmap((b: Tensor) => ops.solve(a, b))(bs), bs)
    expect(program.avals.some(({ shape }) => shape.join() === '5,3,3')).toBe(false)
  })
})

describe('within a budget', () => {
  it('factors that are made again have the same bits', () => {
    const n = 48
    const f = (x: Tensor) => {
      const { values: w, vectors } = ops.eigh(x)
      const { q, r } = ops.qr(ops.add(vectors, x))
      return ops
        .sum(ops.mul(ops.solve(r, q), ops.exp(ops.mul(w, 0.01))))
        .add(ops.logdet(ops.matmul(x, ops.transpose(x))))
    }
    const x = matrix(n)
    const want = values(jit(grad(f))(x))
    expect(want.every(Number.isFinite)).toBe(true)
    let least = 0
    try {
      jit(grad(f), { memory: 65536 })(x)
    } catch (error) {
      least = (error as BudgetError).leastBytes
    }
    expect(least).toBeGreaterThan(65536)
    expect(values(jit(grad(f), { memory: least })(x))).toEqual(want)
  })
})

describe('matrices without an answer', () => {
  it('give infinities and NaN', () => {
    const singular = tensor([[1, 2], [2, 4]]) // biome-ignore format: a matrix
    expect(values(ops.inv(singular)).some(Number.isFinite)).toBe(false)
    expect(ops.slogdet(singular).sign.item()).toBe(0)
    expect(ops.logdet(singular).item()).toBe(Number.NEGATIVE_INFINITY)
    expect(ops.logdet(tensor([[0, 1], [1, 0]])).item()).toBeNaN() // biome-ignore format: a matrix
    expect(ops.cholesky(tensor([[-1]])).item()).toBeNaN()
  })

  it('of ill condition are solved with a small residual', () => {
    const n = 10
    const hilbert = f64(
      Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (i + j + 1))),
    )
    const b = ops.sum(hilbert, { axis: 1 })
    const x = ops.solve(hilbert, b)
    const residual = ops.norm(ops.sub(ops.matmul(hilbert, x), b)).item()
    // Backward stable, though x itself keeps but 3 of 16 digits: the condition is 1.6e13.
    expect(residual).toBeLessThan(n * 2 ** -52 * ops.norm(hilbert, { ord: 2 }).item() * ops.norm(x).item())
    expect(ops.norm(hilbert, { ord: 2 }).item() / ops.norm(hilbert, { ord: -2 }).item()).toBeGreaterThan(1e13)
  })
})

describe('einsum', () => {
  const shaped = (...shape: number[]) => ops.broadcastTo(tensor(1), shape)

  it('contracts the cheapest pair first, wherever it stands', () => {
    const chain = (subscripts: string, ...xs: Tensor[]) =>
      costOf(record((...own: Tensor[]) => ops.einsum(subscripts, ...own), ...xs).program)
    const [a, b, v] = [shaped(64, 64), shaped(64, 64), shaped(64)]
    // Matrix times (matrix times vector), in any order of operands.
    const best = costOf(
      record((a: Tensor, b: Tensor, v: Tensor) => ops.matmul(a, ops.matmul(b, v)), a, b, v).program,
    )
    for (const cost of [
      chain('ij,jk,k->i', a, b, v),
      chain('k,ij,jk->i', v, a, b),
      chain('jk,k,ij->i', b, v, a),
    ]) {
      expect(cost).toBeLessThan(2 * best)
    }
  })

  it('is one product of matrices for a pair', () => {
    const [x, y] = [shaped(2, 3, 4, 5), shaped(5, 2, 6, 4)]
    const { program } = record((x: Tensor, y: Tensor) => ops.einsum('abcd,dafc->abf', x, y), x, y)
    expect(
      program.instructions.map(({ op }) => op).filter(op => !['transpose', 'reshape'].includes(op)),
    ).toEqual(['matmul'])
  })

  it('is the sum over all indices, of any labels', () => {
    const lengths = { a: 2, b: 3, c: 1, d: 4 } as const
    const label = fc.constantFrom<keyof typeof lengths>('a', 'b', 'c', 'd')
    const subscripts = fc.array(fc.array(label, { maxLength: 3 }), { minLength: 1, maxLength: 4 })
    const programs = subscripts.chain(inputs => {
      const letters = [...new Set(inputs.flat())]
      return fc
        .shuffledSubarray(letters)
        .map(output => ({ inputs: inputs.map(own => own.join('')), output: output.join('') }))
    })
    fc.assert(
      fc.property(programs, fc.constantFrom<DType>('f64', 'i32'), ({ inputs, output }, dtype) => {
        const shapes = inputs.map(own => [...own].map(name => lengths[name as keyof typeof lengths]))
        const xs = sample(
          shapes.map(shape => ({ dtype, shape })),
          [-1, 1],
        )
        const got = ops.einsum(`${inputs}->${output}`, ...xs.map(toTensor))
        const want = textbookEinsum(inputs, output, xs)
        expect([got.shape, got.dtype]).toEqual([want.shape, dtype])
        near(got, toTensor(want), 1e-13)
      }),
      { numRuns: 150 },
    )
  })

  it('gives the same bits eagerly and compiled', () => {
    const x = matrix(5)
    const f = (x: Tensor) => ops.einsum('ij,kj,kl->il', x, x, x)
    expect(values(jit(f)(x))).toEqual(values(f(x)))
  })
})

/** The screen of the error that a function throws. */
const screen = (run: () => unknown): string => {
  const error = thrownBy(run, WengertError)
  return `${error.code} ${error.message.replace(/linalg\.test\.ts:\d+:\d+/g, 'linalg.test.ts:…')}`
}

describe('what does not fit is said', () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]) // biome-ignore format: a matrix
  const square = tensor([[1, 2], [3, 4]]) // biome-ignore format: a matrix
  const ids = tensor([[1, 2], [3, 4]], { dtype: 'i32' }) // biome-ignore format: a matrix

  it('of matrices', () => {
    expect(screen(() => ops.cholesky(x))).toMatchInlineSnapshot(`
      "SHAPE cholesky: x is f32[2,3].
        expected  a square matrix, or several   (2 ≠ 3)
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.det(tensor([1, 2])))).toMatchInlineSnapshot(`
      "SHAPE det: x is f32[2].
        expected  a matrix, or several: rank 2 or more
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.svd(ids))).toMatchInlineSnapshot(`
      "DTYPE svd: dtype not taken: i32[2,2].
        expected  f32 or f64
        at        linalg.test.ts:…
        fix       convert with x.convert('f32')"
    `)
    expect(screen(() => ops.solve(square, tensor([1, 2, 3])))).toMatchInlineSnapshot(`
      "SHAPE solve: right-hand sides do not fit: a f32[2,2], b f32[3].
        expected  b of 2 rows   (3 ≠ 2)
        at        linalg.test.ts:…
        fix       b must be f32[2] or f32[…,2,…]"
    `)
    expect(screen(() => ops.triangularSolve(square, ids))).toMatchInlineSnapshot(`
      "DTYPE triangularSolve: dtypes do not fit: f32[2,2], i32[2,2].
        expected  all f32 or all f64
        at        linalg.test.ts:…
        fix       convert with x.convert('f32')"
    `)
    expect(screen(() => ops.matrixPower(square, 0.5))).toMatchInlineSnapshot(`
      "OPTION matrixPower: power 0.5.
        expected  an integer
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.pinv(square, { rtol: -1 }))).toMatchInlineSnapshot(`
      "OPTION pinv: rtol -1.
        expected  a number of at least 0
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.norm(square, { ord: 3 }))).toMatchInlineSnapshot(`
      "OPTION norm: order 3 of f32[2,2] along [0,1].
        expected  a number along one axis; 1, -1, 2, -2, ±Infinity, 'fro' or 'nuc' along two
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.norm(square, { ord: 'nuc', axis: 0 }))).toMatchInlineSnapshot(`
      "OPTION norm: order 'nuc' of f32[2,2] along [0].
        expected  a number along one axis; 1, -1, 2, -2, ±Infinity, 'fro' or 'nuc' along two
        at        linalg.test.ts:…"
    `)
  })

  it('of sums of products', () => {
    expect(screen(() => ops.dot(x, x))).toMatchInlineSnapshot(`
      "SHAPE dot: lengths differ: x f32[2,3] along [1], y f32[2,3] along [0].
        expected  equal lengths   ([3] ≠ [2])
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.vecdot(x, square))).toMatchInlineSnapshot(`
      "SHAPE vecdot: lengths differ: x f32[2,3] along [1], y f32[2,2] along [1].
        expected  equal lengths   ([3] ≠ [2])
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.tensordot(x, square, 3))).toMatchInlineSnapshot(`
      "OPTION tensordot: axes 3 do not fit x f32[2,3], y f32[2,2].
        expected  a whole number up to both ranks, or as many different axes of x as of y
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.tensordot(x, square, [[0, 1], 0]))).toMatchInlineSnapshot(`
      "OPTION tensordot: axes [[0,1],0] do not fit x f32[2,3], y f32[2,2].
        expected  a whole number up to both ranks, or as many different axes of x as of y
        at        linalg.test.ts:…"
    `)
  })

  it('of subscripts', () => {
    expect(screen(() => ops.einsum('ij,jk->ik', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "ij,jk->ik" of f32[2,2].
        expected  one list of labels for each operand   (2 ≠ 1)
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('ij->i->j', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "ij->i->j" of f32[2,2].
        expected  at most one ->
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('i1->i', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "i1->i" of f32[2,2].
        expected  letters, and at most one ellipsis, in "i1"
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('i.j', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "i.j" of f32[2,2].
        expected  letters, and at most one ellipsis, in "i.j"
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('ij->ii', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "ij->ii" of f32[2,2].
        expected  every label once in the result
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('ij->ik', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "ij->ik" of f32[2,2].
        expected  labels of operands in the result, unlike "k"
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('...i->i', square))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "...i->i" of f32[2,2].
        expected  an ellipsis in the result where operands have one
        at        linalg.test.ts:…
        fix       write ...i->...i"
    `)
    expect(screen(() => ops.einsum('ijk', square))).toMatchInlineSnapshot(`
      "SHAPE einsum: subscripts "ijk" do not fit f32[2,2].
        expected  3 axes for "ijk", not 2
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('...ijk', square))).toMatchInlineSnapshot(`
      "SHAPE einsum: subscripts "...ijk" do not fit f32[2,2].
        expected  3 axes or more for "...ijk", not 2
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('ii', x))).toMatchInlineSnapshot(`
      "SHAPE einsum: subscripts "ii" do not fit f32[2,3].
        expected  equal lengths for "i"   (2 ≠ 3)
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('ij,jk', x, square))).toMatchInlineSnapshot(`
      "SHAPE einsum: subscripts "ij,jk" do not fit f32[2,3], f32[2,2].
        expected  equal lengths for "j"   (3 ≠ 2)
        at        linalg.test.ts:…"
    `)
    expect(screen(() => ops.einsum('ij,ij', square, ids))).toMatchInlineSnapshot(`
      "DTYPE einsum: dtypes do not fit: f32[2,2], i32[2,2].
        expected  operands of one dtype among f32, f64, i32
        at        linalg.test.ts:…
        fix       convert with x.convert('f32')"
    `)
    expect(screen(() => ops.einsum(''))).toMatchInlineSnapshot(`
      "OPTION einsum: subscripts "" of nothing.
        expected  at least one operand
        at        linalg.test.ts:…"
    `)
  })
})
