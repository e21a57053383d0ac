import { type Aval, sizeOf, stridesOf } from './aval.js'
import type { Instruction } from './program.js'

/** Elements of an array in place: element i of a view is at `offset` + Σ iₖ·stridesₖ. */
export interface View {
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  readonly offset: number
}

/** An array as it is stored: row by row. */
export const wholeView = (shape: readonly number[]): View => ({ shape, strides: stridesOf(shape), offset: 0 })

/**
 * What an instruction shows of its first operand, if all it does is to show elements of it in place.
 *
 * @param of how the operand lies
 * @returns undefined for other instructions, and where no strides describe the result.
 */
export function viewThrough(
  { op, params }: Pick<Instruction, 'op' | 'params'>,
  out: Aval,
  of: View,
): View | undefined {
  switch (op) {
    case 'named':
    case 'stopGradient':
      return of
    case 'reshape':
      return reshaped(of, out.shape)
    case 'transpose':
      return permuted(of, params.permutation as readonly number[])
    case 'slice':
      return cut(of, out.shape, params.starts as readonly number[], params.steps as readonly number[])
    case 'broadcastTo':
      return repeated(of, out.shape)
    default:
      return undefined
  }
}

/** The axes in another order. */
export const permuted = ({ shape, strides, offset }: View, order: readonly number[]): View => ({
  shape: order.map(axis => shape[axis] as number),
  strides: order.map(axis => strides[axis] as number),
  offset,
})

function cut(
  { strides, offset }: View,
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): View {
  return {
    shape,
    strides: strides.map((stride, axis) => stride * (steps[axis] as number)),
    offset: strides.reduce((sum, stride, axis) => sum + stride * (starts[axis] as number), offset),
  }
}

function repeated(of: View, shape: readonly number[]): View {
  const missing = shape.length - of.shape.length
  return {
    shape,
    strides: shape.map((length, axis) =>
      axis < missing || of.shape[axis - missing] !== length ? 0 : (of.strides[axis - missing] as number),
    ),
    offset: of.offset,
  }
}

/**
 * The same elements under another shape, if strides describe that: axes are split, and merged where a step of the outer
 * one is as far as all steps of the inner one.
 *
 * @example
 * reshaped({ shape: [2, 3, 4], strides: [4, 8, 1], offset: 0 }, [2, 3, 2, 2])?.strides // → [4, 8, 2, 1]
 * reshaped({ shape: [2, 3, 4], strides: [4, 8, 1], offset: 0 }, [6, 4]) // → undefined
 */
export function reshaped({ shape, strides, offset }: View, to: readonly number[]): View | undefined {
  if (sizeOf(shape) === 0) return { ...wholeView(to), offset }
  // Lengths and strides without axes of length 1, each axis merged with the one before where that is possible.
  const axes: { length: number; stride: number }[] = []
  shape.forEach((length, axis) => {
    if (length === 1) return
    const stride = strides[axis] as number
    const outer = axes.at(-1)
    if (outer && outer.stride === stride * length)
      axes[axes.length - 1] = { length: outer.length * length, stride }
    else axes.push({ length, stride })
  })
  // From the innermost axis on, every new axis must divide what is left of an old one.
  const made: number[] = new Array(to.length).fill(0)
  let { length: left, stride } = axes.pop() ?? { length: 1, stride: 1 }
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const length = to[axis] as number
    if (length !== 1 && left === 1) ({ length: left, stride } = axes.pop() as (typeof axes)[number])
    if (left % length !== 0) return undefined
    made[axis] = stride
    left /= length
    stride *= length
  }
  return { shape: to, strides: made, offset }
}
