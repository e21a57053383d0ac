/** Windows of arrays at places that are data: each start is moved as little as it takes for the window to lie inside. */
import { type DType, elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { rowMajor, sizeOf } from '../shape.js'
import { type Expr, type FunctionBuilder, i32, type Local, select } from '../wasm/index.js'
import { collapse } from './broadcast.js'
import { emitElements } from './copy.js'
import { nest } from './nest.js'
import { emitRuns } from './runs.js'

type Pointer = Local<'i32'>

/** Windows in several arrays of one shape. */
export interface DynamicSpec {
  readonly dtype: DType
  /** Arrays, each with a list of starts of its own. */
  readonly batch: number
  readonly shape: readonly number[]
  /** Lengths of the window, no longer than those of the array. */
  readonly sizes: readonly number[]
}

const named = (name: string, { dtype, batch, shape, sizes }: DynamicSpec) =>
  `${name}:${dtype}:${batch}:${shape.join('x')}:${sizes.join('x')}`

/**
 * Out[b, i…] = x[b, starts[b]… + i…]. Inputs: x [batch, ...shape], starts i32[batch, rank].
 *
 * @example
 * dynamicSlice({ dtype: 'f32', batch: 1, shape: [5], sizes: [2] }).key // → 'dynamicSlice:f32:1:5:2'
 */
export function dynamicSlice(spec: DynamicSpec): Kernel {
  const { batch, shape, sizes } = spec
  return {
    key: named('dynamicSlice', spec),
    inputs: 2,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs: [x, starts], outputs: [out] }) {
      if (batch * sizeOf(sizes) === 0) return
      const bytes = elementBytes[spec.dtype]
      const steps = [sizeOf(shape) * bytes, 4 * shape.length, sizeOf(sizes) * bytes]
      nest(f, [{ length: batch, steps }], [x, starts, out] as Pointer[], ([whole, places, window]) => {
        const from = f.int(i32.add(whole as Pointer, offsetOf(f, spec, places as Pointer)))
        copyWindow(f, spec, [from, window as Pointer], [rowMajor(shape), rowMajor(sizes)])
      })
    },
  }
}

/**
 * Out[b] = x[b], but out[b, starts[b]… + i…] = update[b, i…]. Inputs: x [batch, ...shape], update [batch, ...sizes],
 * starts i32[batch, rank].
 *
 * @example
 * dynamicUpdateSlice({ dtype: 'f32', batch: 1, shape: [5], sizes: [2] }).inputs // → 3
 */
export function dynamicUpdateSlice(spec: DynamicSpec): Kernel {
  const { dtype, batch, shape, sizes } = spec
  return {
    key: named('dynamicUpdateSlice', spec),
    inputs: 3,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs: [x, update, starts], outputs: [out] }) {
      const [all, some] = [sizeOf(shape), sizeOf(sizes)]
      if (batch * all === 0) return
      emitRuns(f, [x, out] as Pointer[], dtype, { lengths: [batch * all], strides: [[1], [1]] })
      if (some === 0) return
      const bytes = elementBytes[dtype]
      const steps = [some * bytes, 4 * shape.length, all * bytes]
      nest(f, [{ length: batch, steps }], [update, starts, out] as Pointer[], ([window, places, whole]) => {
        const to = f.int(i32.add(whole as Pointer, offsetOf(f, spec, places as Pointer)))
        copyWindow(f, spec, [window as Pointer, to], [rowMajor(sizes), rowMajor(shape)])
      })
    },
  }
}

/** Bytes from the beginning of an array to that of the window. */
function offsetOf(f: FunctionBuilder, { dtype, shape, sizes }: DynamicSpec, starts: Pointer): Expr<'i32'> {
  const strides = rowMajor(shape)
  const offset = f.int(0)
  shape.forEach((length, axis) => {
    const last = length - (sizes[axis] as number)
    const start = f.int(i32.load(starts, 4 * axis))
    f.set(start, select(i32.const(0), start, i32.ltS(start, 0)))
    f.set(start, select(i32.const(last), start, i32.gtS(start, last)))
    f.increase(offset, i32.mul(start, (strides[axis] as number) * elementBytes[dtype]))
  })
  return offset
}

function copyWindow(
  f: FunctionBuilder,
  { dtype, sizes }: DynamicSpec,
  operands: readonly Pointer[],
  strides: readonly (readonly number[])[],
): void {
  const walk = collapse({ lengths: sizes, strides })
  const aligned = walk.strides.every(own => own.at(-1) === 1)
  const emit = aligned ? emitRuns : emitElements
  emit(f, operands, dtype, walk)
}
