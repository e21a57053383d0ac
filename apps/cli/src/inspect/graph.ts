import type { WorkedExample } from '@wengert/bench'
import { figure, type Line, written } from './listing.js'

const [INK, FORWARD, REVERSE, PAPER] = ['#1f2933', '#0b6e4f', '#b3372f', '#f4f6f8']

/** As text of an HTML-like label; rows of a matrix stand beside each other. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', ' ')

/** v with a bar or a dot over it. */
const marked = (name: string, mark: '\u0304' | '\u0307') => `v${mark}${name.slice(1)}`

const cell = (text: string, colour: string) =>
  `<tr><td align="left"><font color="${colour}">${text}</font></td></tr>`

/** The graph of an evaluation trace in DOT: values forward along the arrows, adjoints back against them. */
export function dotOf({ name, formula }: WorkedExample, lines: readonly Line[]): string {
  const nodes = lines.map(line => {
    const title = `${line.name} = ${written(line)}`
    const rows = [
      cell(`<b>${escaped(title)}</b>`, INK),
      cell(escaped(figure(line.value)), FORWARD),
      ...(line.tangent
        ? [cell(`${marked(line.name, '\u0307')} = ${escaped(figure(line.tangent))}`, FORWARD)]
        : []),
      cell(`${marked(line.name, '\u0304')} = ${escaped(figure(line.adjoint))}`, REVERSE),
    ]
    const fill = line.operands.length === 0 ? '#e6f0ff' : line.output ? '#fff1dc' : 'white'
    const label = `<table border="0" cellborder="0" cellspacing="0" cellpadding="1">${rows.join('')}</table>`
    return `  "${line.name}" [label=<${label}>, fillcolor="${fill}"]`
  })
  const known = new Set(lines.map(line => line.name))
  const edges = lines.flatMap(line =>
    [...new Set(line.operands)]
      .filter(operand => known.has(operand))
      .map(operand => `  "${operand}" -> "${line.name}"${share(lines, operand, line.name)}`),
  )
  return [
    `digraph "${name}" {`,
    `  graph [rankdir=LR, bgcolor="${PAPER}", pad=0.3, nodesep=0.35, ranksep=0.7, label="${formula}", labelloc=t, fontname="Helvetica,Arial,sans-serif", fontsize=16, fontcolor="${INK}"]`,
    `  node [shape=box, style="rounded,filled", color="#9aa5b1", fontname="Helvetica,Arial,sans-serif", fontsize=12]`,
    `  edge [color="#7b8794", arrowsize=0.7, fontname="Helvetica,Arial,sans-serif", fontsize=10, fontcolor="${REVERSE}"]`,
    ...nodes,
    ...edges,
    '}',
    '',
  ].join('\n')
}

/** What flows back along an edge, where it is a number. */
function share(lines: readonly Line[], from: string, to: string): string {
  const all = lines.find(line => line.name === from)?.contributions.filter(({ by }) => by === to) ?? []
  if (all.length === 0 || all.some(({ amount }) => amount.rank > 0)) return ''
  return ` [label=" ← ${all.map(({ amount }) => figure(amount)).join(' + ')} "]`
}
