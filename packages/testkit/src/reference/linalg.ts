// Definitions and the plainest algorithms, in f64. Matrices are lists of rows.
import { build, indicesOf, type Plain, positionOf, sizeOf } from './plain.js'

type Rows = readonly (readonly number[])[]

const at = (x: Rows, i: number, j: number) => x[i]?.[j] as number
const table = (rows: number, columns: number, of: (i: number, j: number) => number): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => of(i, j)))
const dot = (x: readonly number[], y: readonly number[]) =>
  x.reduce((total, value, k) => total + value * (y[k] as number), 0)
const column = (x: Rows, j: number) => x.map(row => row[j] as number)
const turned = (x: Rows, columns: number) => Array.from({ length: columns }, (_, j) => column(x, j))

/** The matrices in the last two axes. */
function matricesOf({ shape, values }: Plain): Rows[] {
  const [rows, columns] = shape.slice(-2) as [number, number]
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, m) =>
    table(rows, columns, (i, j) => values[(m * rows + i) * columns + j] as number),
  )
}

/** A result for each matrix, of the same shape for all. */
const each = (
  x: Plain,
  shape: readonly number[],
  of: (x: Rows) => Rows | readonly number[] | number,
): Plain => ({
  dtype: x.dtype,
  shape: [...x.shape.slice(0, -2), ...shape],
  values: matricesOf(x).flatMap(matrix => [of(matrix)].flat(2) as number[]),
})

const sides = (x: Plain) => x.shape.slice(-2) as [number, number]

/** The symmetric matrices with these lower triangles. */
export const symmetric = (x: Plain): Plain =>
  each(x, sides(x), a => table(a.length, a.length, (i, j) => at(a, Math.max(i, j), Math.min(i, j))))

/** Cholesky's factor, an element after the other. */
export const cholesky = (x: Plain): Plain =>
  each(x, sides(x), a => {
    const l = table(a.length, a.length, () => 0)
    for (let i = 0; i < a.length; i++)
      for (let j = 0; j <= i; j++) {
        const rest = at(a, i, j) - dot((l[i] as number[]).slice(0, j), l[j] as number[])
        ;(l[i] as number[])[j] = i === j ? Math.sqrt(rest) : rest / at(l, j, j)
      }
    return l
  })

/** X with A·X = B by Gauss–Jordan elimination with partial pivoting. */
function eliminate(a: Rows, b: Rows): number[][] {
  const n = a.length
  const rows = a.map((row, i) => [...row, ...(b[i] as number[])])
  for (let k = 0; k < n; k++) {
    let best = k
    for (let i = k; i < n; i++) if (Math.abs(at(rows, i, k)) > Math.abs(at(rows, best, k))) best = i
    ;[rows[k], rows[best]] = [rows[best] as number[], rows[k] as number[]]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = at(rows, i, k) / at(rows, k, k)
      rows[i] = (rows[i] as number[]).map((value, j) => value - factor * at(rows, k, j))
    }
  }
  return rows.map((row, k) => row.slice(n).map(value => value / at(rows, k, k)))
}

/** A·X = B; the leading axes of A, or those of B, or of neither are there. */
export function solve(a: Plain, b: Plain): Plain {
  if (b.shape.length === 1) {
    const out = solve(a, { ...b, shape: [...b.shape, 1] })
    return { ...out, shape: out.shape.slice(0, -1) }
  }
  const [left, right] = [matricesOf(a), matricesOf(b)]
  const lead = a.shape.length > b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2)
  const values = Array.from({ length: sizeOf(lead) }, (_, k) =>
    eliminate(left[k % left.length] as Rows, right[k % right.length] as Rows),
  )
  return { dtype: b.dtype, shape: [...lead, ...b.shape.slice(-2)], values: values.flat(2) }
}

/** The matrix that a triangular solve means. */
export const triangle = (
  x: Plain,
  {
    lower = true,
    transpose = false,
    unitDiagonal = false,
  }: { readonly [option: string]: boolean | undefined },
): Plain =>
  each(x, sides(x), a =>
    table(a.length, a.length, (row, column) => {
      const [i, j] = transpose ? [column, row] : [row, column]
      if (i === j) return unitDiagonal ? 1 : at(a, i, j)
      return j < i === lower ? at(a, i, j) : 0
    }),
  )

/** Inverses. */
export const inv = (x: Plain): Plain =>
  each(x, sides(x), a =>
    eliminate(
      a,
      table(a.length, a.length, (i, j) => Number(i === j)),
    ),
  )

/** Pseudoinverses of matrices of full rank: (AᵀA)⁻¹·Aᵀ or Aᵀ·(A·Aᵀ)⁻¹. */
export function pinv(x: Plain): Plain {
  const [m, n] = sides(x)
  return each(x, [n, m], a => {
    const short = m < n ? a : turned(a, n)
    const gram = short.map(row => short.map(other => dot(row, other)))
    const solved = eliminate(gram, short)
    return m < n ? turned(solved, n) : solved
  })
}

/** Laplace's expansion along the first row. */
function laplace(a: Rows): number {
  const minor = (j: number) => a.slice(1).map(row => row.filter((_, k) => k !== j))
  if (a.length === 0) return 1
  return (a[0] as number[]).reduce((sum, value, j) => sum + (j % 2 ? -1 : 1) * value * laplace(minor(j)), 0)
}

/** Determinants. */
export const det = (x: Plain): Plain => each(x, [], laplace)

/** Packed LU factors and the permutation, by outer products. */
function factorise(a: Rows): { packed: number[][]; order: number[] } {
  const packed = a.map(row => [...row])
  const order = a.map((_, i) => i)
  packed.forEach((_, k) => {
    let best = k
    packed.forEach((row, i) => {
      if (i > k && Math.abs(row[k] as number) > Math.abs(at(packed, best, k))) best = i
    })
    ;[packed[k], packed[best]] = [packed[best] as number[], packed[k] as number[]]
    ;[order[k], order[best]] = [order[best] as number, order[k] as number]
    for (const row of packed.slice(k + 1)) {
      const factor = (row[k] as number) / at(packed, k, k)
      row[k] = factor
      for (let j = k + 1; j < row.length; j++) row[j] = (row[j] as number) - factor * at(packed, k, j)
    }
  })
  return { packed, order }
}

/** The packed factors. */
export const lu = (x: Plain): Plain => each(x, sides(x), a => factorise(a).packed)
/** The permutation. */
export const luPermutation = (x: Plain): Plain => ({
  ...each(x, [x.shape.at(-1) as number], a => factorise(a).order),
  dtype: 'i32',
})

/** Orthonormal vectors with the span of the first ones, of every length, by Gram and Schmidt, twice. */
function orthonormal(vectors: Rows): number[][] {
  const basis: number[][] = []
  for (const vector of vectors) {
    let rest = [...vector]
    for (let pass = 0; pass < 2; pass++)
      for (const other of basis) {
        const part = dot(rest, other)
        rest = rest.map((value, k) => value - part * (other[k] as number))
      }
    const length = Math.sqrt(dot(rest, rest))
    basis.push(rest.map(value => value / length))
  }
  return basis
}

/** Q with a positive diagonal of R. */
export const qrQ = (x: Plain): Plain => {
  const [m, n] = sides(x)
  const k = Math.min(m, n)
  return each(x, [m, k], a => turned(orthonormal(turned(a, n).slice(0, k)), m))
}

/** R with a positive diagonal. */
export const qrR = (x: Plain): Plain => {
  const [m, n] = sides(x)
  const k = Math.min(m, n)
  return each(x, [k, n], a => {
    const basis = orthonormal(turned(a, n).slice(0, k))
    return table(k, n, (i, j) => (j < i ? 0 : dot(basis[i] as number[], column(a, j))))
  })
}

/**
 * Eigenvalues and, as rows, eigenvectors, descending by absolute value: the QR algorithm without shifts (Francis 1961).
 */
function eigen(a: Rows): { values: number[]; vectors: number[][] } {
  let vectors = table(a.length, a.length, (i, j) => Number(i === j))
  for (let step = 0; step < 400; step++) {
    vectors = orthonormal(vectors.map(vector => a.map(row => dot(row, vector))))
  }
  const values = vectors.map(vector =>
    dot(
      vector,
      a.map(row => dot(row, vector)),
    ),
  )
  return { values, vectors }
}

const ascending = (a: Rows) => {
  const { values, vectors } = eigen(a)
  const order = values.map((_, k) => k).sort((i, j) => (values[i] as number) - (values[j] as number))
  return order.map(k => ({ value: values[k] as number, vector: vectors[k] as number[] }))
}

/** Eigenvalues, ascending. */
export const eigenvalues = (x: Plain): Plain =>
  each(x, [x.shape.at(-1) as number], a => ascending(a).map(({ value }) => value))

/** Squares of the elements of eigenvectors, which do not depend on their signs. */
export const eigenvectorSquares = (x: Plain): Plain =>
  each(x, sides(x), a => {
    const found = ascending(a)
    return table(a.length, a.length, (i, j) => (found[j]?.vector[i] as number) ** 2)
  })

/** Singular values, as roots of eigenvalues. */
export function singularValues(x: Plain): Plain {
  const [m, n] = sides(x)
  const k = Math.min(m, n)
  return each(x, [k], a => {
    const short = m < n ? a : turned(a, n)
    const gram = table(k, k, (i, j) => dot(short[i] as number[], short[j] as number[]))
    return ascending(gram)
      .map(({ value }) => Math.sqrt(Math.max(0, value)))
      .reverse()
  })
}

/** Squares of the elements of U or Vᵀ, for matrices of full rank. */
export function singularVectorSquares(x: Plain, side: 'u' | 'vt'): Plain {
  const [m, n] = sides(x)
  const k = Math.min(m, n)
  const [rows, columns] = side === 'u' ? [m, k] : [k, n]
  return each(x, [rows, columns], a => {
    const vectors = side === 'u' ? a : turned(a, n)
    // The identity is added so that no direction dies out.
    const gram = table(
      vectors.length,
      vectors.length,
      (i, j) => Number(i === j) + dot(vectors[i] as number[], vectors[j] as number[]),
    )
    const found = ascending(gram).reverse().slice(0, k)
    return side === 'u'
      ? table(m, k, (i, j) => (found[j]?.vector[i] as number) ** 2)
      : table(k, n, (i, j) => (found[i]?.vector[j] as number) ** 2)
  })
}

/** Einstein summation: for every index of all labels, the product of the elements, added to its place. */
export function einsum(inputs: readonly string[], output: string, operands: readonly Plain[]): Plain {
  const lengths = new Map<string, number>()
  inputs.forEach((labels, k) => {
    ;[...labels].forEach((label, axis) => {
      lengths.set(label, Math.max(lengths.get(label) ?? 0, operands[k]?.shape[axis] as number))
    })
  })
  const names = [...lengths.keys()]
  const shape = [...output].map(label => lengths.get(label) as number)
  const values = new Array<number>(sizeOf(shape)).fill(0)
  for (const index of indicesOf([...lengths.values()])) {
    const place = (labels: string) => [...labels].map(label => index[names.indexOf(label)] as number)
    const term = operands.reduce((product, x, k) => {
      const own = place(inputs[k] as string).map((i, axis) => (x.shape[axis] === 1 ? 0 : i))
      return product * (x.values[positionOf(x.shape, own)] as number)
    }, 1)
    const target = positionOf(shape, place(output))
    values[target] = (values[target] as number) + term
  }
  return { dtype: (operands[0] as Plain).dtype, shape, values }
}

/** Norms of vectors and matrices along axes. */
export function orderedNorm(
  x: Plain,
  order: number | string,
  axes: readonly number[],
  keepdims: boolean,
): Plain {
  const rest = x.shape.flatMap((_, k) => (axes.includes(k) ? [] : [k]))
  const inner = axes.map(axis => x.shape[axis] as number)
  const shape = rest.map(axis => x.shape[axis] as number)
  const one = (outer: readonly number[]) => {
    const rows = inner.length === 1 ? [[...indicesOf(inner)].flat()] : []
    const element = (own: readonly number[]) => {
      const index = x.shape.map((_, k) =>
        axes.includes(k) ? (own[axes.indexOf(k)] as number) : (outer[rest.indexOf(k)] as number),
      )
      return x.values[positionOf(x.shape, index)] as number
    }
    if (rows.length > 0) return vectorNorm(indicesOf(inner).map(element), order as number)
    return matrixNorm(
      table(inner[0] as number, inner[1] as number, (i, j) => element([i, j])),
      order,
    )
  }
  const out = build(x.dtype, shape, one)
  return keepdims ? { ...out, shape: x.shape.map((length, k) => (axes.includes(k) ? 1 : length)) } : out
}

function vectorNorm(x: readonly number[], p: number): number {
  const sizes = x.map(Math.abs)
  if (p === Number.POSITIVE_INFINITY) return Math.max(...sizes)
  if (p === Number.NEGATIVE_INFINITY) return Math.min(...sizes)
  if (p === 0) return sizes.filter(size => size !== 0).length
  return sizes.reduce((sum, size) => sum + size ** p, 0) ** (1 / p)
}

function matrixNorm(a: Rows, order: number | string): number {
  const columns = a[0]?.length ?? 0
  const sums = (rows: Rows) => rows.map(row => vectorNorm(row, 1))
  const values = () => singularValues({ dtype: 'f64', shape: [a.length, columns], values: a.flat() }).values
  switch (order) {
    case 'fro':
      return vectorNorm(a.flat(), 2)
    case 'nuc':
      return vectorNorm(values(), 1)
    case 1:
      return Math.max(...sums(turned(a, columns)))
    case -1:
      return Math.min(...sums(turned(a, columns)))
    case 2:
      return Math.max(...values())
    case -2:
      return Math.min(...values())
    default:
      return order === Number.POSITIVE_INFINITY ? Math.max(...sums(a)) : Math.min(...sums(a))
  }
}
