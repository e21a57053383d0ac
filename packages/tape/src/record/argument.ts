import type { DType } from '@wengert/kernels'
import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import type { Aval } from '../program/index.js'
import { checkDType, Tensor } from './tensor.js'

/** A leaf of an argument to {@link record}: an aval, or a tensor or number that has one. */
export type ArgumentLeaf = Tensor | Aval | number

/**
 * The aval of an argument's leaf; a number is an f32 scalar.
 *
 * @throws {@link OptionError} for an aval with a dtype or a length that there is not.
 */
export const avalOf = (leaf: ArgumentLeaf): Aval => avalFor('record', leaf)

/** As {@link avalOf}, with errors of whoever asks. */
export function avalFor(owner: string, leaf: ArgumentLeaf): Aval {
  if (typeof leaf === 'number') return { dtype: 'f32', shape: [] }
  if (leaf instanceof Tensor) return leaf.aval
  // Anything else that the caller's object has stays outside.
  const { shape } = leaf
  const dtype = checkDType(owner, leaf.dtype) as DType
  if (shape.every(length => Number.isInteger(length) && length >= 0)) return { dtype, shape: [...shape] }
  throw new OptionError({
    summary: `${owner}: an aval has the shape ${shown(shape)}.`,
    expected: 'whole numbers from 0',
    at: callerLocation(),
    data: { option: 'shape' },
  })
}

/** Whether a node of an argument is a leaf. */
export function isArgumentLeaf(node: unknown): node is ArgumentLeaf {
  if (node instanceof Tensor || typeof node === 'number') return true
  if (typeof node !== 'object' || node === null) return false
  return 'dtype' in node && 'shape' in node && typeof node.dtype === 'string' && Array.isArray(node.shape)
}
