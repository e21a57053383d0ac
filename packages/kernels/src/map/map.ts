import { type Algebra, algebraOf, type V } from '../algebra/index.js'
import type { DType } from '../dtype.js'
import type { Kernel } from '../kernel.js'
import { rowMajor, sizeOf } from '../shape.js'
import { broadcastStrides, collapse } from './broadcast.js'
import type { ElementBody } from './element.js'
import { lanesOf } from './lanes.js'
import { emitRows } from './rows.js'
import { weightOf } from './weight.js'

/** Dtype and shape of an array that is stored row by row. */
export interface ArraySpec {
  readonly dtype: DType
  readonly shape: readonly number[]
}

/** An elementwise computation with broadcasting. */
export interface MapSpec {
  /** Identifies `body`: maps with equal names and operands must have the same one. */
  readonly name: string
  /** Dtype of the algebra. Operands have it too, or are bool. */
  readonly dtype: DType
  /** Each broadcasts to the shape of the output by NumPy's rule. */
  readonly inputs: readonly ArraySpec[]
  readonly output: ArraySpec
  /** The value of the output at vectors of elements of the inputs; bools are masks. */
  readonly body: (m: Algebra, ...inputs: V[]) => V
}

/**
 * Output[i] = body(inputs[i]…) for every index i of the output's shape, inputs broadcast by NumPy's rule.
 *
 * @throws RangeError if an input does not broadcast to the output.
 * @throws TypeError if a dtype is neither that of the algebra nor bool.
 * @example
 * const bias = { dtype: 'f32', shape: [3] }
 * const rows = { dtype: 'f32', shape: [2, 3] }
 * const body = (m, x, b) => m.add(x, b)
 * map({ name: 'add', dtype: 'f32', inputs: [rows, bias], output: rows, body }).flops // → 6
 */
export function map({ name, dtype, inputs, output, body }: MapSpec): Kernel {
  const dtypes = [...inputs, output].map(operand => operand.dtype)
  for (const other of dtypes) {
    if (other !== dtype && other !== 'bool') {
      throw new TypeError(`${name}: expected operands of dtype ${dtype} or bool, got ${dtypes.join(', ')}`)
    }
  }
  const strides = inputs.map(({ shape }) => broadcastStrides(name, shape, output.shape))
  const walk = collapse({ lengths: output.shape, strides: [...strides, rowMajor(output.shape)] })
  const layout = walk.strides.map(list => list.join(' ')).join(',')
  return {
    key: `map:${name}:${dtype}:${dtypes}:${walk.lengths.join('x')}:${layout}`,
    inputs: inputs.length,
    outputs: 1,
    scratchBytes: 0,
    flops: sizeOf(output.shape),
    work: sizeOf(output.shape) * weightOf({ name, algebra: dtype, body: body as ElementBody }, inputs.length),
    emit({ module, f, inputs, outputs }) {
      const m = algebraOf(dtype, { module, f })
      emitRows(f, [...inputs, ...outputs], {
        lanes: lanesOf(dtype),
        dtypes,
        walk,
        body: ({ input, store }) => store(0, body(m, ...inputs.map((_, k) => input(k)))),
      })
    },
  }
}
