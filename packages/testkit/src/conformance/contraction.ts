import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { magnitudes, type Plain } from '../reference/index.js'
import { type Bound, productBound } from './bounds.js'
import { type Call, call, floats, numbers, product } from './call.js'
import type { ConformanceCase } from './case.js'

/** Sums of products, as labels say them. */
interface Contraction {
  readonly op: string
  readonly options?: string
  readonly shapes: readonly (readonly number[])[]
  readonly run: (...xs: tape.Tensor[]) => tape.Tensor
  /** Labels of the operands and the result, without ellipses. */
  readonly inputs: readonly string[]
  readonly output: string
}

const einsum = (
  subscripts: string,
  shapes: readonly (readonly number[])[],
  inputs = subscripts.split('->')[0]?.split(',') ?? [],
  output = subscripts.split('->')[1] ?? '',
): Contraction => ({
  op: 'einsum',
  options: subscripts,
  shapes,
  run: (...xs) => tape.einsum(subscripts, ...xs),
  inputs,
  output,
})

const binary = (
  op: string,
  run: (x: tape.Tensor, y: tape.Tensor) => tape.Tensor,
  cases: readonly (readonly [readonly number[], readonly number[], string, string, string, string?])[],
): Contraction[] =>
  cases.map(([x, y, a, b, output, options]) => ({
    op,
    ...(options ? { options } : {}),
    shapes: [x, y],
    run: (x, y) => run(x as tape.Tensor, y as tape.Tensor),
    inputs: [a, b],
    output,
  }))

const contractions: readonly Contraction[] = [
  ...binary('dot', tape.dot, [
    [[], [3], '', 'i', 'i'],
    [[3], [3], 'i', 'i', ''],
    [[2, 3], [3], 'ij', 'j', 'i'],
    [[3], [3, 2], 'i', 'ij', 'j'],
    [[2, 3], [3, 4], 'ij', 'jk', 'ik'],
    [[2, 3], [2, 3, 2], 'ij', 'ajk', 'iak'],
    [[0], [0], 'i', 'i', ''],
  ]),
  ...binary('inner', tape.inner, [
    [[2], [], 'i', '', 'i'],
    [[3], [3], 'i', 'i', ''],
    [[2, 3], [4, 3], 'ij', 'kj', 'ik'],
  ]),
  ...binary('outer', tape.outer, [
    [[3], [2], 'i', 'j', 'ij'],
    [[0], [2], 'i', 'j', 'ij'],
    [[17], [5], 'i', 'j', 'ij'],
  ]),
  ...binary('vecdot', tape.vecdot, [
    [[3], [3], 'i', 'i', ''],
    [[2, 3], [3], 'ij', 'j', 'i'],
    [[2, 2, 3], [2, 3], 'abi', 'bi', 'ab'],
  ]),
  ...binary('vecdot', (x, y) => tape.vecdot(x, y, { axis: 0 }), [
    [[3, 2], [3, 2], 'ia', 'ia', 'a', 'axis 0'],
  ]),
  ...binary('tensordot', (x, y) => tape.tensordot(x, y), [[[4, 2, 3], [2, 3, 2], 'aij', 'ijb', 'ab']]),
  ...binary('tensordot', (x, y) => tape.tensordot(x, y, 0), [[[2], [3, 1], 'a', 'bc', 'abc', 'axes 0']]),
  ...binary(
    'tensordot',
    (x, y) =>
      tape.tensordot(x, y, [
        [0, -1],
        [2, 0],
      ]),
    [[[2, 4, 3], [3, 5, 2], 'iaj', 'jbi', 'ab', 'axes [0,-1],[2,0]']],
  ),
  einsum('i->i', [[3]]),
  einsum('ij->ji', [[2, 3]]),
  einsum('ij->', [[2, 3]]),
  einsum('ii', [[3, 3]]),
  einsum('ii->i', [[3, 3]]),
  einsum('iji->j', [[2, 3, 2]]),
  einsum('iii->i', [[2, 2, 2]]),
  einsum('ba', [[2, 3]], ['ba'], 'ab'),
  einsum('ij,jk->ik', [
    [2, 3],
    [3, 4],
  ]),
  einsum(
    'ij,jk',
    [
      [2, 3],
      [3, 4],
    ],
    ['ij', 'jk'],
    'ik',
  ),
  einsum(
    ' b i j , b j k -> b k i ',
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    ['bij', 'bjk'],
    'bki',
  ),
  einsum('i,j->ij', [[3], [2]]),
  einsum('i,i->i', [[3], [3]]),
  einsum('i,i->', [[17], [17]]),
  einsum('ij,i->', [[2, 3], [2]]),
  einsum('ij,kl->jk', [
    [2, 3],
    [4, 2],
  ]),
  einsum('ii,ij->j', [
    [2, 2],
    [2, 3],
  ]),
  einsum('ij,ij,ij->ij', [
    [2, 3],
    [2, 3],
    [2, 3],
  ]),
  einsum('ij,jk,kl->il', [
    [2, 3],
    [3, 4],
    [4, 2],
  ]),
  einsum('a,ab,bc,cd->d', [[2], [2, 3], [3, 2], [2, 2]]),
  einsum(
    '...ij,...jk->...ik',
    [
      [2, 2, 3],
      [2, 3, 2],
    ],
    ['aij', 'ajk'],
    'aik',
  ),
  einsum(
    '...ij,...jk->...ik',
    [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
    ['abij', 'bjk'],
    'abik',
  ),
  einsum('...i,...i', [[2, 3], [3]], ['ai', 'i'], 'a'),
  einsum('i...,i->...', [[2, 3], [2]], ['ia', 'i'], 'a'),
  einsum('...ii->...', [[2, 3, 3]], ['aii'], 'a'),
  einsum('...,...->...', [[], [2]], ['', 'a'], 'a'),
  einsum('ij,ij->ij', [
    [1, 3],
    [2, 1],
  ]),
  einsum('ij,ij->i', [
    [2, 1],
    [1, 1],
  ]),
  einsum('ij->ij', [[1, 3]]),
  einsum(',->', [[], []], ['', ''], ''),
  einsum('ij,jk->ik', [
    [0, 3],
    [3, 2],
  ]),
  einsum('ij,jk->ik', [
    [2, 0],
    [0, 3],
  ]),
]

/** Cases of sums of products. */
export function contractionCases(): ConformanceCase[] {
  return numbers.flatMap(dtype =>
    contractions.map(({ op, options, shapes, run, inputs, output }) => {
      const reference = (xs: readonly Plain[]) => textbook.einsum(inputs, output, xs)
      const terms = Math.max(1, ...shapes.map(product))
      return call(op, {
        ...(options === undefined ? {} : { options }),
        operands: shapes.map(shape => ({ dtype, shape })),
        run,
        reference: (...xs) => reference(xs),
        scale: (...xs) => reference(xs.map(magnitudes)),
        bound: productBound(shapes.length * terms),
      })
    }),
  )
}

const orders: readonly {
  readonly shape: readonly number[]
  readonly axis?: number | readonly number[]
  readonly ords: readonly tape.NormOrder[]
}[] = [
  { shape: [5], ords: [1, 2, 3, 0.5, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] },
  { shape: [2, 3], axis: 1, ords: [1, 2, 3, Number.POSITIVE_INFINITY] },
  {
    shape: [3, 2],
    ords: ['fro', 'nuc', 1, -1, 2, -2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  },
  { shape: [2, 3, 2], axis: [2, 0], ords: ['fro', 'nuc', 1, 2, Number.POSITIVE_INFINITY] },
]

/** Cases of norms of an order. */
export function normCases(): ConformanceCase[] {
  const bound: Bound = [4, 8]
  return floats.flatMap((dtype: DType) =>
    orders.flatMap(({ shape, axis, ords }) =>
      ords.flatMap(ord =>
        [false, true].map(keepdims => {
          const options = { ord, keepdims, ...(axis === undefined ? {} : { axis }) }
          const axes = axis === undefined ? shape.map((_, k) => k) : [axis].flat()
          const own: Call = {
            options: `${String(ord)} axis ${JSON.stringify(axis)} keepdims ${keepdims}`,
            operands: [{ dtype, shape }],
            run: x => tape.norm(x as tape.Tensor, options),
            reference: x => textbook.orderedNorm(x as Plain, ord, axes, keepdims),
            bound,
            // Where elements change sign, absolute values have a kink.
            domain: [0.5, 3],
            // Of equally spaced numbers sums tie.
            differentiable: shape.length < 3 || typeof ord === 'string' || ord === 2,
          }
          return call('norm', own)
        }),
      ),
    ),
  )
}
