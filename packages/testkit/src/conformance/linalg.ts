import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import type { Plain } from '../reference/index.js'
import * as textbook from '../reference/index.js'
import { toTensor } from '../sample.js'
import type { Bound } from './bounds.js'
import { call, floats } from './call.js'
import type { ConformanceCase } from './case.js'

/** Zeros but for the diagonal of a matrix. */
const diagonal = (
  dtype: DType,
  [rows, columns]: readonly [number, number],
  of: (k: number) => number,
): Plain => ({
  dtype,
  shape: [rows, columns],
  values: Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    return i === j ? of(i) : 0
  }),
})

const sides = ({ shape }: { readonly shape: readonly number[] }) => shape.slice(-2) as [number, number]

/** What is added to the diagonal of a sample: enough to be positive definite, or to keep eigenvalues apart. */
const shifts = {
  dominant: (_k: number, n: number) => n + 2,
  apart: (k: number) => 3 * k + 4,
  /** On the other diagonal, so that rows must change places. */
  crossed: (_k: number, n: number) => n + 2,
} as const

/** Rows from the last to the first. */
const mirrored = ({ shape: [rows = 0, columns = 0], values }: Plain) =>
  Array.from({ length: rows }, (_, i) => values.slice((rows - 1 - i) * columns, (rows - i) * columns)).flat()

/** The sample with its diagonal shifted, as a tensor and as an array, rounded alike. */
function shiftedBy(kind: keyof typeof shifts) {
  const added = (x: { readonly dtype: DType; readonly shape: readonly number[] }) => {
    const made = diagonal(x.dtype, sides(x), k => shifts[kind](k, Math.max(...sides(x))))
    return kind === 'crossed' ? { ...made, values: mirrored(made) } : made
  }
  return {
    tensor: (x: tape.Tensor) => tape.add(x, toTensor(added(x))),
    plain(x: Plain): Plain {
      const { values } = added(x)
      const sums = x.values.map((value, k) => value + (values[k % values.length] as number))
      return { ...x, values: x.dtype === 'f32' ? sums.map(Math.fround) : sums }
    },
  }
}

/** The largest element, everywhere: factors are right relative to their norms. */
const largest =
  (reference: (...xs: Plain[]) => Plain) =>
  (...xs: Plain[]): Plain => {
    const out = reference(...xs)
    const size = Math.max(0, ...out.values.map(Math.abs))
    return { ...out, values: out.values.map(() => size) }
  }

/** Columns (or rows) of a factor with the signs that make the diagonal of another positive. */
function positive(x: tape.Tensor, of: tape.Tensor, axis: -1 | -2): tape.Tensor {
  const k = Math.min(...sides(of))
  const square = tape.slice(of, [], [...of.shape.slice(0, -2), k, k])
  const signs = tape.sign(tape.vecdot(square, toTensor(diagonal(of.dtype, [k, k], () => 1))))
  return tape.mul(x, tape.expandDims(signs, axis === -1 ? -2 : -1))
}

/** An op of one operand, which is a matrix or several. */
interface Factorisation {
  readonly op: string
  readonly options?: string
  readonly shift: keyof typeof shifts
  readonly run: (x: tape.Tensor) => tape.Tensor
  readonly reference: (x: Plain) => Plain
  readonly shapes?: readonly (readonly number[])[]
  readonly bound?: Bound
  readonly differentiable?: boolean
}

const squares = [
  [1, 1],
  [2, 2],
  [4, 4],
  [2, 3, 3],
  [0, 0],
  [2, 0, 0],
]
const rectangles = [
  [1, 1],
  [3, 3],
  [4, 2],
  [2, 4],
  [2, 3, 2],
  [3, 0],
  [0, 2],
]
const wider = [
  [5, 5],
  [17, 17],
]

const factorisations: readonly Factorisation[] = [
  {
    op: 'cholesky',
    shift: 'dominant',
    run: tape.cholesky,
    reference: x => textbook.cholesky(textbook.symmetric(x)),
    shapes: [...squares, ...wider],
  },
  {
    op: 'lu',
    shift: 'crossed',
    run: x => tape.lu(x).lu,
    reference: textbook.lu,
    shapes: [...squares, ...wider],
  },
  {
    op: 'lu',
    options: 'permutation',
    shift: 'crossed',
    run: x => tape.lu(x).permutation,
    reference: textbook.luPermutation,
    bound: [0, 0],
    differentiable: false,
  },
  { op: 'inv', shift: 'dominant', run: tape.inv, reference: textbook.inv, shapes: [...squares, ...wider] },
  { op: 'det', shift: 'dominant', run: tape.det, reference: textbook.det },
  {
    op: 'det',
    options: 'of mixed signs',
    shift: 'crossed',
    run: tape.det,
    reference: textbook.det,
  },
  {
    op: 'slogdet',
    options: 'sign',
    shift: 'crossed',
    run: x => tape.slogdet(x).sign,
    reference: x => mapped(textbook.det(x), Math.sign),
    bound: [0, 0],
    differentiable: false,
  },
  {
    op: 'slogdet',
    options: 'logabs',
    shift: 'dominant',
    run: x => tape.slogdet(tape.neg(x)).logabs,
    reference: x => mapped(textbook.det(x), det => Math.log(Math.abs(det))),
  },
  {
    op: 'logdet',
    shift: 'dominant',
    run: tape.logdet,
    reference: x => mapped(textbook.det(x), Math.log),
  },
  ...[-2, 0, 1, 5].map(power => ({
    op: 'matrixPower',
    options: String(power),
    shift: 'dominant' as const,
    run: (x: tape.Tensor) => tape.matrixPower(x, power),
    reference: (x: Plain) => powerOf(x, power),
  })),
  {
    op: 'pinv',
    shift: 'apart',
    run: x => tape.pinv(x),
    reference: textbook.pinv,
    shapes: rectangles,
  },
  {
    op: 'qr',
    options: 'Q',
    shift: 'dominant',
    run(x) {
      const { q, r } = tape.qr(x)
      return positive(q, r, -1)
    },
    reference: textbook.qrQ,
    shapes: [...rectangles, [7, 5], [17, 17]],
  },
  {
    op: 'qr',
    options: 'R',
    shift: 'dominant',
    run(x) {
      const { r } = tape.qr(x)
      return positive(r, r, -2)
    },
    reference: textbook.qrR,
    shapes: [...rectangles, [7, 5], [17, 17]],
  },
  {
    op: 'eigh',
    options: 'values',
    shift: 'apart',
    run: x => tape.eigh(x).values,
    reference: x => textbook.eigenvalues(textbook.symmetric(x)),
  },
  {
    op: 'eigh',
    options: 'squares of vectors',
    shift: 'apart',
    run: x => tape.square(tape.eigh(x).vectors),
    reference: x => textbook.eigenvectorSquares(textbook.symmetric(x)),
  },
  {
    op: 'svd',
    options: 'squares of U',
    shift: 'apart',
    run: x => tape.square(tape.svd(x).u),
    reference: x => textbook.singularVectorSquares(x, 'u'),
    shapes: rectangles,
  },
  {
    op: 'svd',
    options: 'S',
    shift: 'apart',
    run: x => tape.svd(x).s,
    reference: textbook.singularValues,
    shapes: rectangles,
  },
  {
    op: 'svd',
    options: 'squares of Vᵀ',
    shift: 'apart',
    run: x => tape.square(tape.svd(x).vt),
    reference: x => textbook.singularVectorSquares(x, 'vt'),
    shapes: rectangles,
  },
  {
    op: 'singularValues',
    shift: 'apart',
    run: tape.singularValues,
    reference: textbook.singularValues,
    shapes: rectangles,
  },
]

const mapped = (x: Plain, of: (value: number) => number): Plain => ({ ...x, values: x.values.map(of) })

function powerOf(x: Plain, power: number): Plain {
  let out: Plain = textbook.matmul(x, textbook.inv(x))
  for (let k = 0; k < Math.abs(power); k++) out = textbook.matmul(out, power < 0 ? textbook.inv(x) : x)
  return out
}

/** Cases of what takes matrices apart, of well-conditioned samples. */
export function factorisationCases(): ConformanceCase[] {
  return floats.flatMap(dtype =>
    factorisations.flatMap(
      ({ op, options, shift, run, reference, shapes = squares, bound, differentiable }) => {
        const { tensor, plain } = shiftedBy(shift)
        return shapes.map(shape => {
          const expected = (x: Plain) => reference(plain(x))
          return call(op, {
            ...(options === undefined ? {} : { options }),
            operands: [{ dtype, shape }],
            run: x => run(tensor(x)),
            reference: x => expected(x as Plain),
            scale: x => largest(y => expected(y as Plain))(x as Plain),
            bound: bound ?? [8, 16],
            domain: [-1, 1],
            differentiable: differentiable ?? shape.every(length => length < 5),
          })
        })
      },
    ),
  )
}

const flags = [false, true]
const triangles = flags.flatMap(lower =>
  flags.flatMap(transpose => flags.map(unitDiagonal => ({ lower, transpose, unitDiagonal }))),
)

const systems: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[1, 1], [1]],
  [[3, 3], [3]],
  [
    [3, 3],
    [3, 2],
  ],
  [
    [2, 3, 3],
    [2, 3, 1],
  ],
  [
    [2, 2, 2],
    [2, 3],
  ],
  [
    [2, 2],
    [3, 2, 2],
  ],
  [[0, 0], [0]],
  [
    [0, 0],
    [0, 2],
  ],
  [
    [2, 2],
    [2, 0],
  ],
]
const larger: typeof systems = [
  [
    [17, 17],
    [17, 33],
  ],
]

/** Cases of systems of equations. */
export function systemCases(): ConformanceCase[] {
  const { tensor, plain } = shiftedBy('dominant')
  const of = (dtype: DType, [a, b]: (typeof systems)[number]) => ({
    operands: [
      { dtype, shape: a },
      { dtype, shape: b },
    ],
    bound: [8, 16] as const,
    domain: [-1, 1] as const,
    differentiable: a.every(length => length < 5),
  })
  return floats.flatMap(dtype => [
    ...[...systems, ...larger].map(shapes => {
      const reference = (a: Plain, b: Plain) => textbook.solve(plain(a), b)
      return call('solve', {
        ...of(dtype, shapes),
        run: (a, b) => tape.solve(tensor(a as tape.Tensor), b as tape.Tensor),
        reference: (a, b) => reference(a as Plain, b as Plain),
        scale: largest((a, b) => reference(a as Plain, b as Plain)),
      })
    }),
    ...triangles.flatMap(options =>
      [...(options.lower === options.transpose ? systems : systems.slice(1, 4)), ...larger].map(shapes => {
        const reference = (a: Plain, b: Plain) => textbook.solve(textbook.triangle(plain(a), options), b)
        return call('triangularSolve', {
          ...of(dtype, shapes),
          // Without a diagonal to divide by, solutions grow with the number of rows.
          domain: options.unitDiagonal && shapes === larger[0] ? [-0.1, 0.1] : [-1, 1],
          options: JSON.stringify(options),
          run: (a, b) => tape.triangularSolve(tensor(a as tape.Tensor), b as tape.Tensor, options),
          reference: (a, b) => reference(a as Plain, b as Plain),
          scale: largest((a, b) => reference(a as Plain, b as Plain)),
        })
      }),
    ),
  ])
}
