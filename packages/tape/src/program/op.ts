import type { Kernel } from '@wengert/kernels'
import type { Aval } from './aval.js'
import type { Params } from './program.js'

/** What the compiler must know of an op. Its derivative rules are known to the transformations alone. */
export interface Op {
  readonly name: string
  /** Avals of the outputs; throws a typed error for inputs or parameters that do not fit. */
  infer(inputs: readonly Aval[], params: Params): readonly Aval[]
  /**
   * The kernel for these avals, or `'alias'` where the output is the first input under another shape. Ops that run
   * programs have none.
   */
  lower?(inputs: readonly Aval[], outputs: readonly Aval[], params: Params): Kernel | 'alias'
}

const ops = new Map<string, Op>()

/** Makes an op known by its name. */
export function registerOp(op: Op): void {
  if (ops.has(op.name)) throw new Error(`The op ${op.name} is defined twice.`)
  ops.set(op.name, op)
}

/** The op of a name. */
export function opOf(name: string): Op {
  const op = ops.get(name)
  if (!op) throw new Error(`There is no op ${name}.`)
  return op
}
