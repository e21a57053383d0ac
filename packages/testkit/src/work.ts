/**
 * The work of a program and of its derivatives in the model of Griewank & Walther, Evaluating Derivatives, 2nd ed.,
 * §4.4–4.6. Work is a weighted count of moves (μ), additions and multiplications (π) and nonlinear functions (ν), with
 * μ ≥ π and ν ≥ 2π. The theorem: for compositions of the elementals +, −, ·, / and functions of one variable, a value
 * with its tangent costs at most 5/2 of the value, and a value with its gradient at most 4.
 *
 * Arithmetic is counted in the programs that the engine makes, simplified, from their kernels. Moves are those of
 * the model, between memory and the elementals of the value alone: what a derivative rule emits for one elemental is
 * one statement, whose intermediate results stay in registers.
 */
import type { Algebra, V } from '@wengert/kernels'
import {
  elementwiseFacts,
  type Instruction,
  isConstant,
  jvp,
  lower,
  type Program,
  record,
  ruleOf,
  simplify,
  sizeOf,
  type Tensor,
  valueAndGrad,
} from '@wengert/tape'
import type { TensorFunction } from './gradcheck.js'
import type { Plain } from './reference/index.js'

/** μ and π are 1. A nonlinear function is a polynomial of degree 8 or more, and a reduction of its argument. */
const NONLINEAR = 16

/** Methods of an algebra that are one operation. */
const single = new Set('add sub mul div madd neg abs sqrt min max floor ceil trunc round'.split(' '))
/** Decisions and constants are moves, not arithmetic: the model counts what a run computes once they are taken. */
const free = new Set(
  'constant and or not select equal notEqual less lessEqual greater greaterEqual'.split(' '),
)
/** Instructions beside the elementwise ops that decide or convert, and compute nothing. */
const decisions = new Set(['where', 'convert'])

/** Operations of an elementwise op on one element. */
function operationsOf(kernel: (m: Algebra, x: V, y: V) => V): number {
  let count = 0
  const value = {} as V
  const algebra = new Proxy({} as Algebra, {
    get: (_, name: string) => () => {
      // x to the power of y is exp(y·log x).
      if (name === 'pow') count += 2 * NONLINEAR + 1
      else if (!free.has(name)) count += single.has(name) ? 1 : NONLINEAR
      return value
    },
  })
  kernel(algebra, value, value)
  return count
}

/** Operations of a step; of a loop, those of one turn, which stands for all. */
const flopsOf = ({ kernels }: ReturnType<typeof lower>['units'][number]) =>
  kernels.reduce((total, { flops }) => total + flops, 0)

/** Additions, multiplications and nonlinear functions of a program, each with its weight. */
function arithmetic(program: Program): number {
  const { units, instructionOf } = lower(program, [])
  return units.reduce((total, unit, step) => {
    const { op, outputs } = program.instructions[instructionOf[step] as number] as Instruction
    const facts = elementwiseFacts.get(op)
    if (!facts) return decisions.has(op) ? total : total + flopsOf(unit)
    return total + elements(program, outputs) * operationsOf(facts.kernel)
  }, 0)
}

const elements = ({ avals }: Program, values: readonly number[]) =>
  values.reduce((total, value) => total + sizeOf((avals[value] as Program['avals'][number]).shape), 0)

/**
 * Moves of the value, of what its tangent adds, and of what its return sweep adds. Sums and products of many terms are
 * as many elementals of two operands and one result.
 */
function moves(program: Program): { value: number; tangent: number; sweep: number } {
  const active = activeValues(program)
  const { units, instructionOf } = lower(program, [])
  const total = { value: 0, tangent: 0, sweep: 0 }
  units.forEach((unit, step) => {
    const flops = flopsOf(unit)
    const { op, inputs, outputs } = program.instructions[instructionOf[step] as number] as Instruction
    const compound = flops > 0 && !elementwiseFacts.has(op) && !decisions.has(op)
    const own = inputs.filter(value => active.has(value))
    const all = elements(program, inputs)
    const read = compound ? 2 * flops : all
    const written = compound ? flops : elements(program, outputs)
    total.value += read + written
    if (!outputs.some(value => active.has(value))) return
    const actives = compound ? (read * elements(program, own)) / all : elements(program, own)
    total.tangent += actives + written
    // u is read again, v̄ is read and set to zero, ū is read and written.
    total.sweep += read + 2 * written + 2 * actives
  })
  return total
}

/** Values that depend on a floating-point input differentiably. */
function activeValues({ avals, inputs, instructions }: Program): ReadonlySet<number> {
  const float = (value: number) => /^f/.test((avals[value] as Program['avals'][number]).dtype)
  const active = new Set(inputs.filter(float))
  for (const { op, inputs, outputs } of instructions) {
    if (isConstant(ruleOf(op)) || !inputs.some(value => active.has(value))) continue
    for (const value of outputs) if (float(value)) active.add(value)
  }
  return active
}

/** Work of a function, and the ratios that theory bounds by 5/2 and 4. */
export interface WorkRatios {
  readonly value: number
  readonly tangent: number
  readonly gradient: number
}

/**
 * The work of a scalar function at arguments of these avals, and how often as much it is with a tangent and with the
 * gradient.
 *
 * @example
 * const at = { dtype: 'f64', shape: [] }
 * workRatios((x, y) => x.mul(y), [at, at]) // → { value: 4, tangent: 2.5, gradient: 3.5 }
 */
export function workRatios(
  loss: TensorFunction,
  avals: readonly Pick<Plain, 'dtype' | 'shape'>[],
): WorkRatios {
  const argnums = avals.flatMap(({ dtype }, k) => (/^f/.test(dtype) ? [k] : []))
  const made = (fn: (...xs: Tensor[]) => Tensor | Tensor[], at = avals) =>
    simplify(record(fn as TensorFunction, ...at).program)
  const primal = made(loss)
  const forward = made(
    (...xs) => {
      const { value, tangent } = jvp(loss, xs.slice(0, avals.length), xs.slice(avals.length))
      return [value, tangent]
    },
    [...avals, ...avals],
  )
  const reverse = made((...xs) => {
    const { value, gradient } = valueAndGrad(loss, { argnums })(...xs)
    return [value, ...gradient]
  })
  const moved = moves(primal)
  const value = arithmetic(primal) + moved.value
  return {
    value,
    tangent: (arithmetic(forward) + moved.value + moved.tangent) / value,
    gradient: (arithmetic(reverse) + moved.value + moved.sweep) / value,
  }
}
