import { type DType, elementBytes } from '../dtype.js'
import { type FunctionBuilder, type Local, v128 } from '../wasm/index.js'
import type { Walk } from './broadcast.js'
import { copyElement } from './elements.js'
import { nest } from './nest.js'

/** Copies rows that lie side by side in both arrays, and not a byte more. */
export function emitRuns(
  f: FunctionBuilder,
  operands: readonly Local<'i32'>[],
  dtype: DType,
  { lengths, strides }: Walk,
): void {
  const bytes = elementBytes[dtype]
  const last = lengths.length - 1
  const axes = lengths.slice(0, last).map((length, axis) => ({
    length,
    steps: strides.map(operand => (operand[axis] as number) * bytes),
  }))
  const rowBytes = (lengths[last] as number) * bytes
  const whole = Math.floor(rowBytes / 16)
  nest(f, axes, operands, row => {
    const cursors = row.map(pointer => f.int(pointer)) as [Local<'i32'>, Local<'i32'>]
    f.for(f.local('i32'), 0, whole, 1, () => {
      f.do(v128.store(cursors[1], v128.load(cursors[0])))
      for (const cursor of cursors) f.increase(cursor, 16)
    })
    for (let k = whole * 16; k < rowBytes; k += bytes) {
      f.do(copyElement(dtype, cursors[0], cursors[1]))
      for (const cursor of cursors) f.increase(cursor, bytes)
    }
  })
}
