import { writeFileSync } from 'node:fs'
import { type WorkedExample, workedExamples } from '@wengert/bench'
import { OptionError, type Tensor } from '@wengert/tape'
import { type Answer, answer, table } from '../terminal/index.js'
import { dotOf } from './graph.js'
import { figure, type Line, listingOf, typed, written } from './listing.js'

/** What `wengert inspect` was asked. */
export interface InspectSettings {
  readonly tangent?: string
  readonly dot?: string
  readonly svg?: string
  readonly json?: true
}

/** Names of the examples. */
export const exampleNames: readonly string[] = workedExamples.map(({ name }) => name)

/**
 * Prints the evaluation trace of an example: values forward, adjoints in reverse, side by side. Without a name, lists
 * the examples.
 *
 * @throws {@link OptionError} for a tangent along an input that the example lacks, or a file that cannot be written.
 */
export async function inspectCommand(name: string | undefined, settings: InspectSettings): Promise<void> {
  const example = workedExamples.find(one => one.name === name)
  if (!example) return listExamples(settings)
  const along = settings.tangent === undefined ? undefined : inputOf(example, settings.tangent)
  const lines = listingOf(example, along)
  // before anything is told, since a reader that leaves ends the process
  if (settings.dot !== undefined) save('--dot', settings.dot, dotOf(example, lines))
  if (settings.svg !== undefined) save('--svg', settings.svg, await draw(dotOf(example, lines)))
  const told = answer(settings.json)
  report(told, example, lines, along)
  told.end(() => plain(example, lines))
}

function listExamples({ json }: InspectSettings): void {
  const { tell, end } = answer(json)
  tell(table(workedExamples.map(({ name, formula }) => [name, formula])))
  tell('wengert inspect <example> prints how its value and its derivatives come about')
  end(() => workedExamples.map(({ name, formula, source }) => ({ name, formula, source })))
}

/** An input as it is typed, such as `x1`. */
function inputOf({ name, inputs }: WorkedExample, text: string): string {
  const names = Object.keys(inputs).map(typed)
  if (names.includes(typed(text))) return typed(text)
  throw new OptionError({
    summary: `\`--tangent\` is ${JSON.stringify(text)}.`,
    expected: `an input of ${name}: ${names.join(', ')}`,
    data: { option: '--tangent', value: text },
  })
}

function report(
  { tell, colours: { bold, cyan, dim } }: Answer,
  { formula, source, inputs }: WorkedExample,
  lines: readonly Line[],
  along?: string,
): void {
  tell(bold(formula))
  tell(dim(`  ${source}`))
  const cells = lines.map(line => [
    bold(line.name),
    written(line),
    figure(line.value),
    ...(along === undefined ? [] : [figure(line.tangent)]),
    cyan(figure(line.adjoint)),
    [
      ...(line.output ? ['ȳ = 1'] : []),
      ...line.contributions.map(part => contribution(part.by, part.amount, line.name)),
    ].join('\n'),
  ])
  const tangent = along === undefined ? [] : ['v̇ᵢ']
  tell(table(cells, ['vᵢ', 'forward ↓', 'value', ...tangent, 'v̄ᵢ', 'reverse ↑'], ['value', ...tangent, 'v̄ᵢ']))
  if (along !== undefined) {
    tell(
      dim(`v̇ᵢ = ∂vᵢ/∂${Object.keys(inputs).find(name => typed(name) === along)}, summed over its elements`),
    )
  }
  Object.keys(inputs).forEach((name, k) => {
    tell(`${dim(`∂/∂${name} =`)} ${figure(lines[k]?.adjoint).replaceAll('\n', ' ')}`)
  })
}

/** v̄ⱼ ∂vⱼ/∂vᵢ, with its number where it is one. */
function contribution(by: string, amount: Tensor, name: string): string {
  const term = `v̄${by.slice(1)} ∂${by}/∂${name}`
  return amount.rank === 0 ? `${term} = ${figure(amount)}` : term
}

/** The trace as JSON has it, in full precision; names are typed, `v-1` for v₋₁. */
const plain = ({ name, formula, source }: WorkedExample, lines: readonly Line[]) => ({
  example: name,
  formula,
  source,
  values: lines.map(line => ({
    name: typed(line.name),
    op: line.operands.length === 0 ? 'input' : line.op,
    operands: line.operands.map(typed),
    value: line.value.toArray(),
    ...(line.tangent ? { tangent: line.tangent.toArray() } : {}),
    adjoint: line.adjoint?.toArray() ?? 0,
    output: line.output,
  })),
})

/** Layout by Graphviz, loaded only where it is asked for. */
async function draw(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz')
  return (await instance()).renderString(dot, { format: 'svg' })
}

function save(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (cause) {
    throw new OptionError({
      summary: `\`${option}\` is ${JSON.stringify(path)}, which cannot be written.`,
      expected: 'a file in a folder that is there and can be written',
      data: { option, value: path },
      cause,
    })
  }
}
