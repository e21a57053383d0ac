import { type FloatDType, type MatmulSpec, matmul as matmulKernel, sumsAtOnce } from '@wengert/kernels'
import { DTypeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, isFloat, type Params, registerOp, sizeOf } from '../program/index.js'
import { applyOne, checkTensor, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { broadcastShapes } from './elementwise.js'
import { broadcastTo, sumTo } from './reduction.js'
import { reshape } from './shape.js'

/** Which operands are read transposed. */
interface Forms {
  readonly transposeX: boolean
  readonly transposeW: boolean
}

const forms = (params: Params) => params as unknown as Forms

/** Sizes of op(X)·op(W): batch × [m,k]·[k,n]. */
function sizes([x, w]: readonly Aval[], { transposeX, transposeW }: Forms) {
  const [p, q] = (x as Aval).shape.slice(-2) as [number, number]
  const [r, s] = (w as Aval).shape.slice(-2) as [number, number]
  const [m, k] = transposeX ? [q, p] : [p, q]
  return {
    batch: [x, w].find(aval => aval?.shape.length === 3)?.shape[0] ?? 1,
    m,
    k,
    n: transposeW ? r : s,
  }
}

// An operand of rank 2 serves every matrix of a batch; `matmul` brings all others to rank 2 or 3.
registerOp({
  name: 'matmul',
  infer(avals, params) {
    const { batch, m, n } = sizes(avals, forms(params))
    const batched = avals.some(({ shape }) => shape.length === 3)
    return [{ dtype: (avals[0] as Aval).dtype, shape: batched ? [batch, m, n] : [m, n] }]
  },
  lower: (avals, _out, params) => matmulKernel(specOf(avals, params)),
  adding: (avals, _out, params) => adding(specOf(avals, params)),
})

/** The product of a `matmul`. */
function specOf(avals: readonly Aval[], params: Params): MatmulSpec {
  const { transposeX, transposeW } = forms(params)
  const [x, w] = avals as readonly [Aval, Aval]
  const { batch, ...of } = sizes(avals, forms(params))
  // One matrix for all.
  const shared = ({ shape }: Aval) =>
    shape.length === 2 ? { offset: 0, batch: [0], row: shape[1] as number } : undefined
  return {
    dtype: x.dtype as FloatDType,
    batch: [batch],
    ...of,
    transposeA: transposeX,
    transposeB: transposeW,
    layouts: { a: shared(x), b: shared(w) },
  }
}

/** The kernel that adds a product to what is there. */
const adding = (spec: MatmulSpec) => (sumsAtOnce(spec.k) ? matmulKernel({ ...spec, adds: true }) : undefined)

/** Parameters of a `stridedMatmul`: the product, and the shape of the array to which its result is written. */
interface StridedMatmul extends Omit<MatmulSpec, 'dtype'> {
  readonly shape: readonly number[]
}

const strided = (params: Params) => params as unknown as StridedMatmul

// What a `matmul` becomes when nothing is differentiated any more: its operands lie in others, and its result is written
// where it is read.
registerOp({
  name: 'stridedMatmul',
  infer: ([x], params) => [{ dtype: (x as Aval).dtype, shape: strided(params).shape }],
  lower: ([x], _out, params) => matmulKernel(stridedSpecOf(x as Aval, params)),
  adding: ([x], _out, params) => adding(stridedSpecOf(x as Aval, params)),
})

function stridedSpecOf({ dtype }: Aval, params: Params): MatmulSpec {
  const { shape: _, ...spec } = strided(params)
  return { ...spec, dtype: dtype as FloatDType }
}

// Z = X̂·Ŵ with X̂ = X or Xᵀ:  d X̂ = Z̄·Ŵᵀ,  d Ŵ = X̂ᵀ·Z̄, summed over the batch for what serves all of it.
defineRule('matmul', {
  pullback({ inputs, ct, params, wanted }) {
    const [x, w] = inputs as readonly [Tensor, Tensor]
    const { transposeX: tx, transposeW: tw } = forms(params)
    const dx = () => (tx ? product(w, ct, tw, true) : product(ct, w, false, !tw))
    const dw = () => (tw ? product(ct, x, true, tx) : product(x, ct, !tx, false))
    return [wanted[0] ? sumTo(dx(), x.shape) : undefined, wanted[1] ? sumTo(dw(), w.shape) : undefined]
  },
  pushforward: { multilinear: [0, 1] },
  batch({ inputs, batched, size, params }) {
    const [x, w] = inputs as readonly [Tensor, Tensor]
    const { transposeX, transposeW } = forms(params)
    const [ownX, ownW] = inputs.map((input, k) => input.rank - (batched[k] ? 1 : 0)) as [number, number]
    if (ownX === 2 && ownW === 2) {
      const [rows, k] = x.shape.slice(-2) as [number, number]
      if (batched[1] || transposeX) return product(x, w, transposeX, transposeW)
      // The rows of all matrices make one.
      const out = product(reshape(x, [size * rows, k]), w, false, transposeW)
      return reshape(out, [size, rows, out.shape[1] as number])
    }
    // Two batches become one.
    const inner = innerBatch(inputs, batched)
    const flat = (y: Tensor, own: number, k: number) => {
      if (own === 2 && !batched[k]) return y
      const matrix = y.shape.slice(-2)
      const lead = batched[k] ? [size, own === 3 ? inner : 1] : [1, inner]
      return reshape(broadcastTo(reshape(y, [...lead, ...matrix]), [size, inner, ...matrix]), [
        size * inner,
        ...matrix,
      ])
    }
    const out = product(flat(x, ownX, 0), flat(w, ownW, 1), transposeX, transposeW)
    return reshape(out, [size, inner, ...out.shape.slice(1)])
  },
})

/** Length of the batch that the instruction itself has. */
function innerBatch(inputs: readonly Tensor[], batched: readonly boolean[]): number {
  const k = inputs.findIndex((input, position) => input.rank === (batched[position] ? 4 : 3))
  return (inputs[k] as Tensor).shape[batched[k] ? 1 : 0] as number
}

const product = (x: Tensor, w: Tensor, transposeX: boolean, transposeW: boolean): Tensor =>
  applyOne('matmul', [x, w], { transposeX, transposeW })

/**
 * Matrix product by NumPy's rule: vectors count as a row on the left and a column on the right, leading axes are
 * a batch and broadcast.
 *
 * @param x [..., m, k] or [k]
 * @param w [..., k, n] or [k]
 * @throws {@link ShapeError} if the inner dimensions differ; {@link DTypeError} unless both are f32 or both f64.
 * @example
 * matmul(tensor([[1, 2], [3, 4]]), tensor([[5], [6]])).toArray() // → [[17], [39]]
 * matmul(tensor([1, 2]), tensor([3, 4])).item() // → 11
 */
export function matmul(x: Tensor, w: Tensor): Tensor {
  check(x, w)
  if (x.rank === 1) {
    const out = matmul(reshape(x, [1, -1]), w)
    return reshape(out, w.rank === 1 ? [] : [...out.shape.slice(0, -2), ...out.shape.slice(-1)])
  }
  if (w.rank === 1) {
    const out = matmul(x, reshape(w, [-1, 1]))
    return reshape(out, out.shape.slice(0, -1))
  }
  const [m, k] = x.shape.slice(-2) as [number, number]
  const n = w.shape.at(-1) as number
  if (w.rank === 2) {
    const rows = sizeOf(x.shape.slice(0, -1))
    return reshape(product(reshape(x, [rows, k]), w, false, false), [...x.shape.slice(0, -1), n])
  }
  const batch = broadcastShapes('matmul', [
    { dtype: x.dtype, shape: x.shape.slice(0, -2) },
    { dtype: w.dtype, shape: w.shape.slice(0, -2) },
  ])
  const flat = (y: Tensor, a: number, b: number) =>
    reshape(broadcastTo(y, [...batch, a, b]), [sizeOf(batch), a, b])
  return reshape(product(flat(x, m, k), flat(w, k, n), false, false), [...batch, m, n])
}

function check(x: Tensor, w: Tensor): void {
  checkTensor('matmul', 'x', x)
  checkTensor('matmul', 'w', w)
  if (x.dtype !== w.dtype || !isFloat(x.dtype)) {
    throw new DTypeError({
      summary: `matmul: dtypes do not fit: x ${formatAval(x.aval)}, w ${formatAval(w.aval)}.`,
      expected: 'both f32 or both f64',
      at: callerLocation(),
      fix: "convert with x.convert('f32')",
    })
  }
  if (x.rank === 0 || w.rank === 0) {
    throw new ShapeError({
      summary: `matmul: a scalar has no inner dimension: x ${formatAval(x.aval)}, w ${formatAval(w.aval)}.`,
      expected: 'operands of rank 1 or more',
      at: callerLocation(),
      fix: 'multiply by a scalar with mul',
    })
  }
  const inner = x.shape.at(-1) as number
  const axis = Math.max(0, w.rank - 2)
  if (inner !== w.shape[axis]) {
    throw new ShapeError({
      summary: `matmul: inner dimensions differ: x ${formatAval(x.aval)}, w ${formatAval(w.aval)}.`,
      expected: `x.shape[${x.rank - 1}] = w.shape[${axis}]   (${inner} ≠ ${w.shape[axis]})`,
      at: callerLocation(),
      fix: `w must be ${formatAval({ dtype: w.dtype, shape: w.shape.map((length, k) => (k === axis ? inner : length)) })}`,
    })
  }
}
