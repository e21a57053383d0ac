import { groupBy } from '../group.js'
import type { ConformanceCase } from './case.js'
import { checks } from './checks.js'
import { kindNames, type OpRow, opRows } from './kinds.js'

/** How an op is declared, and the first paragraph of its documentation. */
export interface OpText {
  readonly name: string
  /** As a declaration file has it, after `declare const` or with `function`. */
  readonly text: string
  readonly summary: string
}

const intro = `# Ops

Generated from the conformance cases by \`npm run tables\`; a test holds it to be so.

Every op is computed at every kind of sample its cases have: arrays, scalars, operands that broadcast, operands without
elements, and NaN, infinities, signed zeros, denormals and the largest numbers. A cell is the largest error of these
results in units in the last place (ulp) against a naive reference that computes in f64; 0 is the reference's own
result, bit for bit. Where terms cancel, units are those of the sum of their magnitudes. No result may pass its bound;
where terms are summed it grows with their number. Figures are those of portable arithmetic, which is the same on every
processor; fused multiply-add is held to the same bounds. References of f64 are the functions of the host, which err by
up to 1 ulp themselves.

The last columns count the cases that pass a check; a dash says that it does not apply.

${checks.map(({ name, claim }) => `- **${name}**: the op ${claim}.`).join('\n')}

Derivatives are checked in f64, by finite differences with Richardson's extrapolation to 10⁻⁹; *transposes* is
⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩ to 10⁻⁹.
`

/**
 * The table of ops as Markdown: a section an op, a row for its dtypes.
 *
 * @throws Error if an op lacks a description, or a value is out of its bound.
 */
export function opsDocument(cases: readonly ConformanceCase[], texts: readonly OpText[]): string {
  const byOp = groupBy(opRows(cases), ({ op }) => op)
  const described = new Map(texts.map(text => [text.name, text]))
  const sections = [...byOp].map(([op, rows]) => {
    const text = described.get(op)
    if (!text) throw new Error(`There is no description of ${op}.`)
    return section(text, rows)
  })
  const links = [...byOp.keys()].map(op => `[${op}](#${op.toLowerCase()})`)
  return `${[intro, `${links.join(' · ')}\n`, ...sections].join('\n')}`
}

function section({ name, text, summary }: OpText, rows: readonly OpRow[]): string {
  // Those that no case is sampled of, or no case checked by, have no column.
  const kinds = kindNames.filter(kind => rows.some(({ errors }) => errors.has(kind)))
  const checked = checks.flatMap((check, k) => (rows.some(row => row.checked[k]) ? [{ check, k }] : []))
  const head = ['dtypes', ...kinds, 'bound', ...checked.map(({ check }) => check.name)]
  const body = rows.map(({ dtypes, errors, bounds, checked: counts }) => [
    dtypes,
    ...kinds.map(kind => figure(errors.get(kind))),
    bounds[0] === bounds[1] ? figure(bounds[0]) : `${figure(bounds[0])} … ${figure(bounds[1])}`,
    ...checked.map(({ k }) => String(counts[k] || '–')),
  ])
  const differentiable = checked.some(({ check }) => check.name === 'jvp')
  const lines = [head, head.map((_, k) => (k === 0 ? '---' : '--:')), ...body]
  return [
    `## ${name}`,
    '',
    `\`${signature(name, text)}\``,
    '',
    `${plain(summary)}${differentiable ? '' : ' No derivative is checked: it is zero, undefined or stopped by definition.'}`,
    '',
    ...lines.map(cells => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n')
}

/** Up to two decimals, without trailing zeros. */
const figure = (value: number | undefined): string =>
  value === undefined ? '–' : String(Math.round(100 * value) / 100)

/** Links of documentation comments as code. */
const plain = (summary: string) => summary.replace(/\{@link (\w+)\}/g, '`$1`')

/** A declaration as one writes a function: `name(x: Tensor): Tensor`. */
function signature(name: string, text: string): string {
  const line = text
    .replace(/import\("[^"]*"\)\./g, '')
    .replace(/^(export )?(declare )?(const|function) /, '')
    .replace(/;$/, '')
    .replace(/\{\s+/g, '{ ')
    .replace(/;?\s+\}/g, ' }')
    .replace(/\s+/g, ' ')
  const parameters = line.slice(name.length).replace(/^: /, '')
  const arrow = parameters.lastIndexOf(') => ')
  return name + (arrow === -1 ? parameters : `${parameters.slice(0, arrow)}): ${parameters.slice(arrow + 5)}`)
}
