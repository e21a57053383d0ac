import { pullback, tangentsOfValues } from '../derive/index.js'
import { broadcastTo } from '../ops/index.js'
import { checkArgument, checkFunction } from '../options.js'
import { isFloat, type Program } from '../program/index.js'
import type { Tensor, Tree, TreeOf } from '../record/index.js'
import { scalarLike } from '../record/index.js'
import { alike, tangentsOf, trace } from './trace.js'

/** A run of a program with all that forward and reverse accumulation compute on the way. */
export interface EvaluationTrace {
  readonly program: Program
  /** What each value of the program is, by id. */
  readonly values: readonly Tensor[]
  /** v̇: the derivative of each value along the tangents; undefined for zero. */
  readonly tangents: readonly (Tensor | undefined)[]
  /** v̄: the derivative of the sum of all outputs by each value; undefined for zero. */
  readonly adjoints: readonly (Tensor | undefined)[]
  /** v̄ᵢ·∂φᵢ/∂vⱼ: what each instruction adds to the adjoint of each of its inputs; undefined for zero. */
  readonly contributions: readonly (readonly (Tensor | undefined)[])[]
}

/**
 * Evaluates a function and keeps every value with its adjoint and, for tangents of the arguments, its tangent: the
 * tables of Griewank & Walther (Evaluating Derivatives, 2nd ed., §1.1–3.2) and Baydin et al. (2018, tables 2 and 3).
 *
 * @param args trees of tensors or numbers.
 * @param tangents trees like the arguments. Without them no tangent is computed.
 * @throws {@link ShapeError} if the tangents are not like the arguments.
 * @example
 * const { program, values, adjoints } = evaluationTrace((x, y) => x.mul(y).add(x.sin()), [tensor(2), tensor(3)])
 * program.instructions.map(({ op }) => op) // → ['mul', 'sin', 'add']
 * values.map(v => v.item()) // ≈ [2, 3, 6, 0.9092974, 6.9092974]
 * adjoints.map(v => v.item()) // ≈ [2.5838532, 2, 1, 1, 1]
 */
export function evaluationTrace<A extends readonly unknown[], R extends TreeOf<R> = Tree<Tensor>>(
  fn: (...args: A) => R,
  args: A,
  tangents?: A,
): EvaluationTrace {
  checkFunction('evaluationTrace', fn)
  checkArgument(
    'evaluationTrace',
    'what it is evaluated at',
    args,
    Array.isArray(args),
    'a list of arguments',
  )
  const { recording, inputs, values, outputs } = trace('evaluationTrace', fn, args)
  const { program, captures } = recording
  const own = inputs.slice(0, inputs.length - captures.length)
  const wanted = inputs.map((x, k) => k < own.length && isFloat(x.dtype))
  const adjoints = new Array<Tensor | undefined>(program.avals.length)
  const contributions = program.instructions.map((): readonly (Tensor | undefined)[] => [])
  const seeds = outputs.map(out =>
    isFloat(out.dtype) ? broadcastTo(scalarLike(out, 1), out.shape) : undefined,
  )
  const pulled = pullback(program, values, seeds, wanted, {
    visit(k, cts, added) {
      program.instructions[k]?.outputs.forEach((value, position) => {
        adjoints[value] = cts[position]
      })
      contributions[k] = added
    },
  })
  program.inputs.forEach((value, k) => {
    adjoints[value] = pulled[k]
  })
  const avals = own.map(x => x.aval)
  const given =
    tangents &&
    alike('evaluationTrace', 'tangent', tangents, recording.inputs, avals, tangentsOf('evaluationTrace'))
  const reached = tangentsOfValues(
    program,
    values,
    inputs.map((x, k) => (isFloat(x.dtype) ? given?.[k] : undefined)),
  )
  return { program, values, tangents: reached, adjoints, contributions }
}
