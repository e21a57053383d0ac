import { parseSync } from 'oxc-parser'
import type { Example } from './example.js'
import { fences, isRun, isTypeScript } from './markdown.js'

/** What a documentation comment says. */
export interface Doc {
  /** The first paragraph, on one line. */
  readonly summary: string
  readonly examples: readonly Example[]
}

/** The line at an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++
  return line
}

interface Section {
  /** The name of the block tag, empty for the text before the first one. */
  readonly tag: string
  /** The line of the file on which the section starts. */
  readonly line: number
  readonly lines: string[]
}

/**
 * Reads a documentation comment.
 *
 * @param value - The text between the comment's slashes and outer asterisks, as a parser gives it.
 * @param line - The line of the file on which the comment starts.
 */
export function parseDoc(value: string, file: string, line: number): Doc {
  const lines = value
    .replace(/^\*/, '')
    .split(/\r?\n/)
    .map((text, i) => (i === 0 ? text.replace(/^ /, '') : text.replace(/^\s*\* ?/, '')))
  const [opening, ...sections] = split(lines, line)
  const text = opening?.lines.join('\n').trim() ?? ''
  const summary = text.split(/\n\s*\n/)[0]?.replace(/\s+/g, ' ') ?? ''
  const examples = sections
    .filter(section => section.tag === 'example')
    .flatMap(section => sectionExamples(section, file))
  return { summary, examples }
}

function split(lines: readonly string[], first: number): Section[] {
  const sections: Section[] = [{ tag: '', line: first, lines: [] }]
  const fenced = new Set(
    fences(lines).flatMap(({ first: start, lines: body }) => body.map((_, i) => start + i)),
  )
  for (const [i, text] of lines.entries()) {
    const [, tag, rest = ''] = fenced.has(i) ? [] : (/^\s*@([a-zA-Z]+)\b\s?(.*)$/.exec(text) ?? [])
    if (tag === undefined) sections.at(-1)?.lines.push(text)
    else sections.push({ tag, line: first + i, lines: [rest] })
  }
  return sections
}

// An example is either its fenced blocks of TypeScript, with a title beside the tag, or bare code.
function sectionExamples({ lines, line }: Section, file: string): Example[] {
  const blocks = fences(lines)
  if (blocks.length > 0) {
    return blocks.filter(isTypeScript).map(block => ({
      file,
      line: line + block.first,
      code: block.lines.join('\n'),
      run: isRun(block),
    }))
  }
  const blank = lines.findIndex(text => text.trim() !== '')
  if (blank === -1) return []
  return [{ file, line: line + blank, code: lines.slice(blank).join('\n').trimEnd(), run: true }]
}

/**
 * The `@example` blocks of every documentation comment of a source file.
 *
 * @example
 * const source = ['/', '** Adds.\n * @example\n * add(1, 2)\n *', '/\nexport const add = 1'].join('')
 * tsdocExamples('add.ts', source) // → [{ file: 'add.ts', line: 3, code: 'add(1, 2)', run: true }]
 */
export function tsdocExamples(file: string, text: string): Example[] {
  return parseSync(file, text)
    .comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
    .flatMap(({ value, start }) => parseDoc(value, file, lineAt(text, start)).examples)
}
