/**
 * Scans along an axis: each element of the result depends on the one before it. Columns that lie side by side are done
 * together, a vector or four at a time; along the last axis there is one column. Every column is combined from its
 * beginning to its end, so the error of a cumulative sum grows with its length, as in NumPy.
 */
import { elementBytes } from '../dtype.js'
import { lanesOf, storePart } from '../gemm/index.js'
import type { Kernel } from '../kernel.js'
import { nest } from '../map/index.js'
import { sizeOf } from '../shape.js'
import { type Expr, type FunctionBuilder, f32x4, f64x2, i32, i32x4, type Local, v128 } from '../wasm/index.js'

type Vector = Expr<'v128'>
type Pointer = Local<'i32'>

/** What a scan computes. `'linear'` is sₖ = aₖ·sₖ₋₁ + bₖ, the others combine one operand. */
export type ScanKind = 'sum' | 'prod' | 'max' | 'min' | 'linear'

/** A scan along an axis. */
export interface ScanSpec {
  readonly kind: ScanKind
  readonly dtype: 'f32' | 'f64' | 'i32'
  readonly shape: readonly number[]
  readonly axis: number
  /** From the end of the axis to its beginning. */
  readonly reverse?: boolean
}

const lanes = { f32: f32x4, f64: f64x2 } as const

/** Vectors of columns that are done together: a cache line. */
const GROUP = 4

/**
 * Out[…, k, …] = out[…, k − 1, …] ∘ x[…, k, …] along an axis, from k = 0 on; of kind `'linear'`, with the inputs a and
 * b, a·out + b, where the first a is not read. `max` and `min` stay NaN after the first NaN.
 *
 * @throws RangeError if there is no such axis.
 * @example
 * scan({ kind: 'sum', dtype: 'f32', shape: [2, 3, 4], axis: 1 }).key // → 'scan:sum:f32:2x3x4'
 */
export function scan({ kind, dtype, shape, axis, reverse = false }: ScanSpec): Kernel {
  const length = shape[axis]
  if (length === undefined) {
    throw new RangeError(`scan: expected an axis from 0 to ${shape.length - 1}, got ${axis}`)
  }
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))]
  const bytes = elementBytes[dtype]
  const count = 16 / bytes
  const rowBytes = inner * bytes
  return {
    key: `scan:${kind}:${dtype}:${outer}x${length}x${inner}${reverse ? ':reverse' : ''}`,
    inputs: kind === 'linear' ? 2 : 1,
    outputs: 1,
    scratchBytes: 0,
    flops: sizeOf(shape) * (kind === 'linear' ? 2 : 1),
    emit({ module, f, inputs, outputs }) {
      if (outer * length * inner === 0) return
      const step = stepOf(kind, dtype, module.features.fma)
      const operands = [...inputs, outputs[0] as Pointer]
      const slabs = { length: outer, steps: operands.map(() => length * rowBytes) }
      nest(f, [slabs], operands, starts => {
        const first = starts.map(start => f.int(i32.add(start, reverse ? (length - 1) * rowBytes : 0)))
        const blocks = (times: number, vectors: number, live = count) => {
          if (times === 0) return
          const width = (vectors - 1) * 16 + live * bytes
          nest(f, [{ length: times, steps: operands.map(() => width) }], first, pointers =>
            emitBlock(
              f,
              { dtype, length, by: reverse ? -rowBytes : rowBytes, step },
              pointers,
              vectors,
              live,
            ),
          )
          for (const pointer of first) f.increase(pointer, times * width)
        }
        const whole = Math.floor(inner / count)
        blocks(Math.floor(whole / GROUP), GROUP)
        blocks(whole % GROUP, 1)
        if (inner % count > 0) blocks(1, 1, inner % count)
      })
    },
  }
}

/** The next state from the last one and the operands; the first from the last operand alone. */
type Step = (state: Vector, operands: readonly Vector[]) => Vector

function stepOf(kind: ScanKind, dtype: ScanSpec['dtype'], fused: boolean): Step {
  if (dtype === 'i32') {
    const { add, mul, maxS, minS } = i32x4
    if (kind === 'linear') return (s, [a, b]) => add(mul(a as Vector, s), b as Vector)
    const combine = { sum: add, prod: mul, max: maxS, min: minS }[kind]
    return (s, [x]) => combine(s, x as Vector)
  }
  const { add, mul, max, min, relaxedMadd } = lanes[dtype]
  if (kind === 'linear') {
    return (s, operands) => {
      const [a, b] = operands as [Vector, Vector]
      return fused ? relaxedMadd(a, s, b) : add(mul(a, s), b)
    }
  }
  const combine = { sum: add, prod: mul, max, min }[kind]
  return (s, [x]) => combine(s, x as Vector)
}

/** Scans so many vectors of columns, the live lanes of each. */
function emitBlock(
  f: FunctionBuilder,
  { dtype, length, by, step }: { dtype: ScanSpec['dtype']; length: number; by: number; step: Step },
  starts: readonly Pointer[],
  vectors: number,
  live: number,
): void {
  const cursors = starts.map(start => f.int(start))
  const [sources, target] = [cursors.slice(0, -1), cursors.at(-1) as Pointer]
  const kind = lanesOf[dtype === 'f64' ? 'f64' : 'f32']
  const states = Array.from({ length: vectors }, (_, k) =>
    f.local(v128.load(sources.at(-1) as Pointer, 16 * k)),
  )
  const store = () => {
    states.forEach((state, k) => {
      storePart(f, kind, target, state, live, 16 * k)
    })
  }
  store()
  f.for(f.local('i32'), 1, length, 1, () => {
    for (const cursor of cursors) f.increase(cursor, by)
    states.forEach((state, k) => {
      f.set(
        state,
        step(
          state,
          sources.map(source => v128.load(source, 16 * k)),
        ),
      )
    })
    store()
  })
}
