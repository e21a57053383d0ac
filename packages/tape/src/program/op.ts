import { type DType, type ElementBody, type Kernel, map, type ReduceKind } from '@wengert/kernels'
import type { Aval } from './aval.js'
import type { Params } from './program.js'

/** What an op computes of each element. */
export interface Element {
  /** Identifies the body. */
  readonly name: string
  /** Dtype of the algebra in which it is computed; operands have it too, are bool, or are converted by the body. */
  readonly algebra: DType
  readonly body: ElementBody
}

/** A combination of the elements along axes, which go. */
export interface Reduced {
  readonly kind: ReduceKind
  readonly axes: readonly number[]
}

/** What the compiler must know of an op. Its derivative rules are known to the transformations alone. */
export interface Op {
  readonly name: string
  /** Avals of the outputs; throws a typed error for inputs or parameters that do not fit. */
  infer(inputs: readonly Aval[], params: Params): readonly Aval[]
  /**
   * The kernel for these avals, or `'alias'` where the output is the first input under another shape. Ops that run
   * programs have none. Default: that of its `element`.
   */
  lower?(inputs: readonly Aval[], outputs: readonly Aval[], params: Params): Kernel | 'alias'
  /**
   * The computation of one element, for ops that do nothing else, with operands that broadcast; such ops are fused with others.
   * Undefined for avals with which it cannot be.
   */
  element?(inputs: readonly Aval[], output: Aval, params: Params): Element | undefined
  /** The combination of elements of the only operand, for ops that do nothing else; they are fused with what computes these. */
  reduced?(params: Params): Reduced
  /**
   * The kernel that adds its result to what its output holds, with the bits of the result added afterwards, for ops that have
   * one. Undefined for avals with which it cannot be.
   */
  adding?(inputs: readonly Aval[], output: Aval, params: Params): Kernel | undefined
  /** Whether the output takes the place of the first input, to which the others are added. Default: it does not. */
  readonly inPlace?: boolean
}

const ops = new Map<string, Op>()

/** Makes an op known by its name. */
export function registerOp(op: Op): void {
  if (ops.has(op.name)) throw new Error(`The op ${op.name} is defined twice.`)
  ops.set(op.name, op.lower || !op.element ? op : { ...op, lower: loweredBy(op) })
}

/** The kernel of an op that computes each element by itself. */
const loweredBy =
  ({ name, element }: Op): NonNullable<Op['lower']> =>
  (inputs, [output], params) => {
    const one = element?.(inputs, output as Aval, params)
    if (!one) throw new Error(`The op ${name} cannot be lowered.`)
    return map({
      name: one.name,
      dtype: one.algebra,
      inputs,
      output: output as Aval,
      body: one.body as never,
    })
  }

/** The op of a name. */
export function opOf(name: string): Op {
  const op = ops.get(name)
  if (!op) throw new Error(`There is no op ${name}.`)
  return op
}
