import type { FloatDType } from '../dtype.js'
import type { Kernel, KernelContext } from '../kernel.js'
import { type FunctionBuilder, type I32, i32, type Local } from '../wasm/index.js'
import { lanesOf } from './lanes.js'
import { type BatchAxis, batchAxes, contiguous, type MatrixLayout } from './layout.js'
import { emitProduct, planProduct, sumsAtOnce } from './product.js'

/** Shape and storage of a batch of matrix products. */
export interface MatmulSpec {
  readonly dtype: FloatDType
  /** Lengths of the axes of the batch; none for a single product. */
  readonly batch: readonly number[]
  readonly m: number
  readonly n: number
  readonly k: number
  /** A is stored [k, m] instead of [m, k]. */
  readonly transposeA: boolean
  /** B is stored [n, k] instead of [k, n]. */
  readonly transposeB: boolean
  /** Where the matrices lie; default: all of the batch one after another. */
  readonly layouts?: {
    readonly a?: MatrixLayout | undefined
    readonly b?: MatrixLayout | undefined
    readonly c?: MatrixLayout | undefined
  }
  /** Whether C is added to: it becomes C + A·B, with the bits of the product added afterwards. Default: it becomes A·B. */
  readonly adds?: boolean
}

/**
 * C[…batch, m, n] = op(A)·op(B). Every element is a sum over ascending k in blocks whose length depends on k alone,
 * so the bits of an element of C depend on its row of A and its column of B alone, whatever the number of rows, whatever the batch
 * and wherever the matrices lie, sums with subnormal terms included (`range.ts`). A NaN is a NaN, of whatever sign. No two elements
 * of C may share a place.
 *
 * @throws RangeError if a size is not a whole number ≥ 0, a layout is not one of this batch, a vector (A with one
 * row, B or C with one column) has gaps, or C is added to and sums are not made at once ({@link sumsAtOnce}).
 * @example
 * matmul({ dtype: 'f32', batch: [], m: 2, n: 3, k: 4, transposeA: false, transposeB: false }).flops // → 48
 */
export function matmul(spec: MatmulSpec): Kernel {
  checkSizes(spec)
  const { dtype, transposeA, transposeB, n, k, adds = false } = spec
  const layouts = layoutsOf(spec)
  checkLayouts(spec, layouts)
  if (adds && !sumsAtOnce(k)) throw new RangeError(`matmul: sums of ${k} terms are not made at once`)
  const all = batchAxes(spec.batch, layouts)
  const merged = mergedRows(spec, layouts, all)
  const [axes, m] = merged ? [all.slice(0, -1), merged] : [all, spec.m]
  const [a, b, c] = layouts as [MatrixLayout, MatrixLayout, MatrixLayout]
  const plan = planProduct({
    dtype,
    m,
    n,
    k,
    transposeA,
    transposeB,
    rows: { a: a.row, b: b.row, c: c.row },
  })
  const elements = spec.batch.reduce((size, length) => size * length, spec.m * n)
  const letters = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`
  const places = layouts.map(({ offset, batch, row }) => `${offset}+${batch.join('+')}+${row}`).join(',')
  return {
    key: `matmul:${dtype}:${spec.batch.join('x')}:${spec.m}x${n}x${k}:${letters}:${places}${adds ? ':adds' : ''}`,
    inputs: 2,
    outputs: 1,
    scratchBytes: plan.scratchBytes,
    flops: 2 * elements * k,
    emit(context) {
      if (elements === 0) return
      const { f, scratch } = context
      const { bytes } = lanesOf[dtype]
      const operands = [...context.inputs, ...context.outputs]
      const addresses = operands.map((address, j) =>
        f.int(i32.add(address, (layouts[j] as MatrixLayout).offset * bytes)),
      ) as [Local<'i32'>, Local<'i32'>, Local<'i32'>]
      eachMatrix(f, axes, addresses, bytes, () => {
        const [a, b, c] = addresses
        if (k > 0) emitProduct(context, plan, { a, b, c, scratch, add: adds ? 1 : 0 })
        else
          emitZeros(context, c, {
            rows: m,
            rowBytes: (layouts[2] as MatrixLayout).row * bytes,
            bytes: n * bytes,
          })
      })
    },
  }
}

function checkSizes(spec: MatmulSpec): void {
  const sizes = {
    m: spec.m,
    n: spec.n,
    k: spec.k,
    ...Object.fromEntries(spec.batch.map(length => ['batch', length])),
  }
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 0)
      throw new RangeError(`matmul: ${name} must be a whole number ≥ 0, got ${size}`)
  }
}

function checkLayouts(
  { batch, m, n, transposeA, transposeB }: MatmulSpec,
  layouts: readonly MatrixLayout[],
): void {
  const wrong = layouts.find(layout => layout.batch.length !== batch.length)
  if (wrong)
    throw new RangeError(`matmul: a layout has ${wrong.batch.length} axes, the batch ${batch.length}`)
  // They are read and written as one row.
  const vectors = [m === 1 && transposeA, n === 1 && !transposeB, n === 1]
  const gaps = layouts.findIndex(({ row }, k) => vectors[k] && row !== 1)
  if (gaps >= 0) throw new RangeError(`matmul: the vector ${'ABC'[gaps]} has gaps of ${layouts[gaps]?.row}`)
}

/** Layouts of A, B and C. */
function layoutsOf({
  batch,
  m,
  n,
  k,
  transposeA,
  transposeB,
  layouts = {},
}: MatmulSpec): readonly MatrixLayout[] {
  return [
    layouts.a ?? (transposeA ? contiguous(batch, k, m) : contiguous(batch, m, k)),
    layouts.b ?? (transposeB ? contiguous(batch, n, k) : contiguous(batch, k, n)),
    layouts.c ?? contiguous(batch, m, n),
  ]
}

/** Rows of one product in place of those along the last axis of the batch, where all of them meet one B. */
function mergedRows(
  { m, transposeA }: MatmulSpec,
  [a, , c]: readonly MatrixLayout[],
  axes: readonly BatchAxis[],
): number | undefined {
  const last = axes.at(-1)
  if (!last || transposeA || !a || !c) return undefined
  const [ofA, ofB, ofC] = last.strides
  return ofB === 0 && ofA === m * a.row && ofC === m * c.row ? last.length * m : undefined
}

/** Runs the body for each matrix of the batch, with the addresses moved to it, and moves them back. */
function eachMatrix(
  f: FunctionBuilder,
  axes: readonly BatchAxis[],
  addresses: readonly Local<'i32'>[],
  bytes: number,
  body: () => void,
): void {
  const [axis, ...inner] = axes
  if (!axis) {
    body()
    return
  }
  f.for(f.local('i32'), 0, axis.length, 1, () => {
    eachMatrix(f, inner, addresses, bytes, body)
    move(f, addresses, axis.strides, bytes)
  })
  move(
    f,
    addresses,
    axis.strides.map(stride => -axis.length * stride),
    bytes,
  )
}

function move(
  f: FunctionBuilder,
  addresses: readonly Local<'i32'>[],
  strides: readonly number[],
  bytes: number,
): void {
  addresses.forEach((address, j) => {
    const stride = strides[j] as number
    if (stride !== 0) f.increase(address, stride * bytes)
  })
}

interface Rows {
  readonly rows: number
  readonly rowBytes: number
  readonly bytes: number
}

/** Sums over nothing. */
function emitZeros({ f }: KernelContext, c: I32, { rows, rowBytes, bytes }: Rows): void {
  const [row, at] = [f.int(c), f.local('i32')]
  const end = f.local('i32')
  f.for(f.local('i32'), 0, rows, 1, () => {
    f.set(end, i32.add(row, bytes))
    f.for(at, row, end, 4, () => f.do(i32.store(at, 0)))
    f.increase(row, rowBytes)
  })
}
