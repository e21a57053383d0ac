import type { WorkedExample } from '@wengert/bench'
import { type EvaluationTrace, evaluationTrace, type Tensor, tensor } from '@wengert/tape'

/** What an instruction adds to the adjoint of one of its operands: v̄ⱼ ∂vⱼ/∂vᵢ. */
export interface Contribution {
  /** The value the instruction defines, such as `v₁`. */
  readonly by: string
  readonly amount: Tensor
}

/** One line of an evaluation trace. */
export interface Line {
  /** As Griewank & Walther number values: v₁₋ₙ … v₀ are the inputs, then v₁, v₂, …. */
  readonly name: string
  /** The name of an input, or the op and its operands. */
  readonly op: string
  readonly operands: readonly string[]
  readonly value: Tensor
  readonly tangent: Tensor | undefined
  readonly adjoint: Tensor | undefined
  readonly contributions: readonly Contribution[]
  readonly output: boolean
}

const digits = '₀₁₂₃₄₅₆₇₈₉'
const subscript = (index: number) =>
  String(index)
    .replace(/\d/g, digit => digits[Number(digit)] as string)
    .replace('-', '₋')

/** A name as one types it: `x1` for `x₁`. */
export const typed = (name: string) =>
  name.replace(/[₀-₉]/g, digit => String(digits.indexOf(digit))).replace('₋', '-')

/** Evaluates an example and lists its values, with tangents along the input of that name. */
export function listingOf({ f, inputs }: WorkedExample, along: string | undefined): readonly Line[] {
  const args = Object.values(inputs).map(x => tensor(x as number, { dtype: 'f64' }))
  const names = Object.keys(inputs)
  const tangents = args.map((x, k) => x.mul(0).add(typed(names[k] as string) === along ? 1 : 0))
  return lines(evaluationTrace(f, args, along === undefined ? undefined : tangents), names)
}

function lines(trace: EvaluationTrace, inputs: readonly string[]): readonly Line[] {
  const { program, values, tangents, adjoints, contributions } = trace
  const names: string[] = []
  program.inputs.forEach((value, k) => {
    names[value] = `v${subscript(k + 1 - program.inputs.length)}`
  })
  for (const { value, data } of program.constants) {
    names[value] = data.length === 1 ? String(data[0]) : '[…]'
  }
  let count = 0
  for (const { outputs } of program.instructions) {
    for (const value of outputs) names[value] = `v${subscript(++count)}`
  }
  const gathered = names.map((): Contribution[] => [])
  program.instructions.forEach(({ inputs, outputs }, k) => {
    inputs.forEach((value, position) => {
      const amount = contributions[k]?.[position]
      if (amount) gathered[value]?.push({ by: names[outputs[0] as number] as string, amount })
    })
  })
  const line = (value: number, op: string, operands: readonly number[]): Line => ({
    name: names[value] as string,
    op,
    operands: operands.map(operand => names[operand] as string),
    value: values[value] as Tensor,
    tangent: tangents[value],
    adjoint: adjoints[value],
    contributions: gathered[value] as Contribution[],
    output: program.outputs.includes(value),
  })
  return [
    ...program.inputs.map((value, k) => line(value, inputs[k] as string, [])),
    ...program.instructions.flatMap(({ op, inputs, outputs }) =>
      outputs.map(value => line(value, op, inputs)),
    ),
  ]
}

const infix: Readonly<Record<string, string>> = { add: '+', sub: '−', mul: '·', div: '/' }

/** The right side of a line: `v₁ + v₂`, `sin v₀`, or the name of an input. */
export function written({ op, operands }: Pick<Line, 'op' | 'operands'>): string {
  const sign = infix[op]
  return sign && operands.length === 2 ? operands.join(` ${sign} `) : [op, ...operands].join(' ')
}

/** A number to six digits; of tensors four each, a matrix row by row. */
export function figure(x: Tensor | undefined): string {
  if (x === undefined) return '0'
  const digits = x.rank === 0 ? 6 : 4
  const show = (value: unknown): string =>
    Array.isArray(value)
      ? `[${value.map(show).join(' ')}]`
      : String(Number(Number(value).toPrecision(digits)))
  const list = x.toArray()
  return x.rank === 2 && Array.isArray(list) ? list.map(show).join('\n') : show(list)
}
