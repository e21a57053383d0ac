import { type DType, elementBytes } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { rowMajor } from '../shape.js'
import { type FunctionBuilder, i32, type Local } from '../wasm/index.js'
import { collapse, type Walk } from './broadcast.js'
import { copyElement } from './elements.js'
import { lanesOf } from './lanes.js'
import { nest } from './nest.js'
import { emitRows } from './rows.js'
import { emitRuns } from './runs.js'
import { emitTransposed, transposedAxis } from './transpose.js'

/** A strided view of an array. */
export interface CopySpec {
  readonly dtype: DType
  /** Shape of the output. */
  readonly shape: readonly number[]
  /** Strides of the input along the axes of the output, in elements; 0 and negative ones are fine. */
  readonly strides: readonly number[]
  /** Element of the input that the first of the output is. */
  readonly offset: number
}

/**
 * Out[i₀, i₁, …] = x[offset + Σ iₖ·strideₖ], the output row by row: transposes, broadcasts, slices with steps.
 *
 * @example
 * copy({ dtype: 'f32', shape: [3, 2], strides: [1, 3], offset: 0 }).key // → 'copy:f32:3x2:1x3:0'
 */
export function copy({ dtype, shape, strides, offset }: CopySpec): Kernel {
  const walk = collapse({ lengths: shape, strides: [strides, rowMajor(shape)] })
  return {
    key: `copy:${dtype}:${walk.lengths.join('x')}:${walk.strides[0]?.join('x')}:${offset}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    emit({ f, inputs, outputs }) {
      const from = f.int(i32.add(inputs[0] as Local<'i32'>, offset * elementBytes[dtype]))
      const operands = [from, outputs[0] as Local<'i32'>]
      if (walk.lengths.includes(0)) return
      const step = walk.strides[0]?.at(-1)
      if (step === 1 && dtype === 'bool') {
        emitRuns(f, operands, dtype, walk)
      } else if (step === 0 || step === 1) {
        const [lanes, dtypes] = [lanesOf(dtype), [dtype, dtype]]
        emitRows(f, operands, { lanes, dtypes, walk, body: ({ input, store }) => store(0, input(0)) })
      } else if (transposedAxis(dtype, walk) === undefined) {
        emitElements(f, operands, dtype, walk)
      } else {
        emitTransposed(f, operands, dtype, walk)
      }
    },
  }
}

/** Copies element by element. */
export function emitElements(
  f: FunctionBuilder,
  operands: readonly Local<'i32'>[],
  dtype: DType,
  { lengths, strides }: Walk,
): void {
  const bytes = elementBytes[dtype]
  const axes = lengths.map((length, axis) => ({
    length,
    steps: strides.map(operand => (operand[axis] as number) * bytes),
  }))
  nest(f, axes, operands, ([from, to]) => {
    f.do(copyElement(dtype, from as Local<'i32'>, to as Local<'i32'>))
  })
}
