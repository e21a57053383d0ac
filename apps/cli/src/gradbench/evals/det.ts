// Determinant by expansion by minors. The minor of the last m rows and of m columns is expanded along its first row;
// minors of the same columns are the same, so all of m rows are one vector, made from those of m − 1 rows.
import { grad, jit, type Tensor, tensor } from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/** det A, for A of shape [ell, ell]. */
function det(A: Tensor): Tensor {
  const [ell] = A.shape as [number]
  let minors = A.at(-1)
  for (let m = 2; m <= ell; m++) {
    const { columns, without, signs } = expansion(ell, m)
    // |M| = Σⱼ (−1)ʲ · M₀ⱼ · |M without row 0 and column j|
    minors = A.at(ell - m)
      .take(columns)
      .mul(signs)
      .mul(minors.take(without))
      .sum({ axis: 1 })
  }
  return minors.reshape([])
}

/**
 * For every choice of m of `ell` columns, in lexicographic order: the columns, the position of each choice that lacks
 * one of them among the choices of m − 1, and the signs.
 */
function expansion(ell: number, m: number) {
  const choices = choose(ell, m)
  const positions = new Map(choose(ell, m - 1).map((choice, k) => [choice.join(), k]))
  const without = choices.map(choice =>
    choice.map((_, j) => positions.get(choice.toSpliced(j, 1).join()) as number),
  )
  return {
    columns: tensor(choices, { dtype: 'i32' }),
    without: tensor(without, { dtype: 'i32' }),
    signs: tensor(
      Array.from({ length: m }, (_, j) => (-1) ** j),
      { dtype: 'f64' },
    ),
  }
}

/** The choices of m of the numbers from `first` to below n, each in rising order. */
function choose(n: number, m: number, first = 0): number[][] {
  if (m === 0) return [[]]
  return Array.from({ length: Math.max(0, n - first) }, (_, k) => first + k).flatMap(least =>
    choose(n, m - 1, least + 1).map(rest => [least, ...rest]),
  )
}

const primal = jit(det)
const gradient = grad(det)

/** The minors of 16 columns are 2¹⁶, and their expansions 2¹⁹ terms. */
const MOST = 16

function read(input: Input): Tensor {
  const ell = input.at('ell').whole(1, MOST + 1)
  return input
    .at('A')
    .tensor(ell * ell)
    .reshape([ell, ell])
}

export const determinant: Module = {
  primal(input) {
    const A = read(input)
    return task(() => primal(A))
  },
  gradient(input) {
    const A = read(input)
    return task(() => gradient(A).reshape([-1]))
  },
}
