import type { DType } from '@wengert/kernels'
import { OptionError, RecordError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkFunction, shown } from '../options.js'
import { type Aval, formatAval, type Program } from '../program/index.js'
import { Tape } from './tape.js'
import { checkDType, Tensor, tensor } from './tensor.js'
import { flattenTree, type Structure, type Tree, unflattenTree } from './tree.js'

/** A recorded function: its program, and how arguments and result are nested. */
export interface Recording {
  readonly program: Program
  /** Structure of the list of arguments; its leaves are the first inputs of the program. */
  readonly inputs: Structure
  /** Structure of the result; its leaves are the outputs of the program. */
  readonly outputs: Structure
  /** Tensors of outer recordings that the function read; the last inputs of the program stand for them. */
  readonly captures: readonly Tensor[]
}

/** A leaf of an argument to {@link record}: an aval, or a tensor or number that has one. */
export type ArgumentLeaf = Tensor | Aval | number

/** What the function sees in place of an argument: the same tree with tensors as leaves. */
export type Recorded<A> = A extends Tensor | Aval | number
  ? Tensor
  : A extends readonly unknown[] | object
    ? { [K in keyof A]: Recorded<A[K]> }
    : never

/**
 * Records a function as a Wengert list by calling it once with tensors that have avals but no values.
 *
 * @param args trees of avals, or of tensors whose avals are meant.
 * @throws {@link RecordError} if the result is not a tree of tensors.
 * @example
 * const { program } = record((x, y) => x.mul(y), { dtype: 'f32', shape: [2] }, { dtype: 'f32', shape: [] })
 * program.instructions.map(({ op }) => op) // → ['mul']
 */
export function record<const A extends readonly unknown[]>(
  fn: (...args: { [K in keyof A]: Recorded<A[K]> }) => Tree<Tensor>,
  ...args: A
): Recording {
  checkFunction('record', fn)
  return recordOn(new Tape(), fn as (...args: unknown[]) => Tree<Tensor>, args)
}

/** As {@link record}, for a list of arguments, on a new tape. */
export function recordOn(
  tape: Tape,
  fn: (...args: unknown[]) => Tree<Tensor>,
  args: readonly unknown[],
): Recording {
  const { leaves, structure } = flattenTree(args, isArgumentLeaf)
  try {
    const traced = leaves.map(leaf => tape.input(avalOf(leaf), leaf instanceof Tensor ? leaf : undefined))
    const result: unknown = fn(...(unflattenTree(structure, traced) as unknown[]))
    if (result instanceof Promise) throw asynchronous()
    const outputs = flattenTree(result, isResultLeaf)
    const tensors = outputs.leaves.map((leaf, k) => {
      if (leaf instanceof Tensor) return leaf
      if (typeof leaf === 'number') return tensor(leaf)
      throw new RecordError({
        summary: `The recorded function returned ${String(leaf)} at ${outputs.paths[k] || 'its root'}.`,
        expected: 'tensors in nested arrays and plain objects',
      })
    })
    return { ...tape.finish(tensors), inputs: structure, outputs: outputs.structure }
  } finally {
    tape.abandon()
  }
}

const asynchronous = () =>
  new RecordError({
    summary: 'The recorded function returned a promise.',
    expected: 'a function that returns its tensors at once',
    fix: 'await what it needs before, and pass it as an argument',
  })

/**
 * The aval of an argument's leaf; a number is an f32 scalar.
 *
 * @throws {@link OptionError} for an aval with a dtype or a length that there is not.
 */
export function avalOf(leaf: ArgumentLeaf): Aval {
  if (typeof leaf === 'number') return { dtype: 'f32', shape: [] }
  if (leaf instanceof Tensor) return leaf.aval
  // Anything else that the caller's object has stays outside.
  const { shape } = leaf
  const dtype = checkDType('record', leaf.dtype) as DType
  if (shape.every(length => Number.isInteger(length) && length >= 0)) return { dtype, shape: [...shape] }
  throw new OptionError({
    summary: `record: an aval has the shape ${shown(shape)}.`,
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

/** Anything but arrays and plain objects ends a result; what is no tensor is refused with its path. */
const isResultLeaf = (node: unknown): node is unknown =>
  node instanceof Tensor || typeof node !== 'object' || node === null

/** The way a list of arguments is written in messages and cache keys. */
export const formatAvals = (avals: readonly Aval[]): string => avals.map(formatAval).join(' ')
