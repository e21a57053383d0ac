import { RecordError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkFunction } from '../options.js'
import { type Aval, formatAval, type Program } from '../program/index.js'
import { avalOf, isArgumentLeaf } from './argument.js'
import { fitted } from './fitted.js'
import { Tape } from './tape.js'
import { Tensor, tensor } from './tensor.js'
import { flattenTree, type Structure, type Tree, type TreeOf, unflattenTree } from './tree.js'
import { argumentsOf, noTree, resultNamed } from './tree-name.js'

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
export function record<const A extends readonly unknown[], R extends TreeOf<R> = Tree<Tensor>>(
  fn: (...args: { [K in keyof A]: Recorded<A[K]> }) => R,
  ...args: A
): Recording {
  checkFunction('record', fn)
  return fitted('record', fn, args, () =>
    recordOn(new Tape(), fn as (...args: unknown[]) => Tree<Tensor>, args),
  )
}

/**
 * As {@link record}, for a list of arguments, on a new tape.
 *
 * @param owner what errors name.
 */
export function recordOn(
  tape: Tape,
  fn: (...args: unknown[]) => Tree<Tensor>,
  args: readonly unknown[],
  owner = 'record',
): Recording {
  const { leaves, structure } = flattenTree(args, isArgumentLeaf, argumentsOf(owner))
  try {
    const traced = leaves.map(leaf => tape.input(avalOf(leaf), leaf instanceof Tensor ? leaf : undefined))
    const result: unknown = fn(...(unflattenTree(structure, traced) as unknown[]))
    if (result instanceof Promise) throw asynchronous(owner)
    const name = resultNamed(`${owner}: what the function returned`)
    const outputs = flattenTree(result, isResultLeaf, name)
    const tensors = outputs.leaves.map((leaf, k) => {
      if (leaf instanceof Tensor) return leaf
      if (typeof leaf === 'number') return tensor(leaf)
      throw new RecordError(noTree(name, outputs.paths[k] as string, leaf))
    })
    return { ...tape.finish(tensors), inputs: structure, outputs: outputs.structure }
  } finally {
    tape.abandon()
  }
}

const asynchronous = (owner: string) =>
  new RecordError({
    summary: `${owner}: the function returned a promise.`,
    expected: 'a function that returns its tensors at once',
    at: callerLocation(),
    fix: 'await what it needs before, and pass it as an argument',
  })

/** Anything but arrays and plain objects ends a result; what is no tensor is refused with its path. */
const isResultLeaf = (node: unknown): node is unknown =>
  node instanceof Tensor || typeof node !== 'object' || node === null

/** The way a list of arguments is written in messages and cache keys. */
export const formatAvals = (avals: readonly Aval[]): string => avals.map(formatAval).join(' ')
