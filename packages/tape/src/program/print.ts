import { formatAval } from './aval.js'
import { checkProgram } from './check-program.js'
import type { Params, Program } from './program.js'

/**
 * Writes a program as text, a line an instruction.
 *
 * @example
 * const { program } = record(x => mul(x, x), tensor([1, 2]))
 * formatProgram(program) // → 'input   %0 f32[2]\n%1 f32[2] = mul %0 %0\noutput  %1'
 */
export function formatProgram(program: Program): string {
  checkProgram('formatProgram', program)
  const { avals, inputs, constants, instructions, outputs } = program
  const typed = (value: number) => `%${value} ${formatAval(avals[value] as (typeof avals)[number])}`
  return [
    ...inputs.map(value => `input   ${typed(value)}`),
    ...constants.map(
      ({ value, data }) => `const   ${typed(value)}${data.length === 1 ? ` = ${String(data[0])}` : ''}`,
    ),
    ...instructions.map(({ op, inputs, outputs, params }) =>
      [
        `${outputs.map(typed).join(', ')} =`,
        op,
        ...inputs.map(value => `%${value}`),
        ...formatParams(params),
      ].join(' '),
    ),
    `output  ${outputs.map(value => `%${value}`).join(' ')}`,
  ].join('\n')
}

const formatParams = (params: Params): string[] =>
  Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
