import type { Example } from './example.js'

const fence = /^\s*(`{3,})\s*(.*)$/

/** A fenced block of code: the words after the opening backticks, and the lines up to the closing ones. */
export interface Fence {
  readonly words: readonly string[]
  /** The index of the first line inside the fence. */
  readonly first: number
  readonly lines: readonly string[]
}

/** The fenced blocks of some lines of Markdown, in order. A fence that is never closed runs to the end. */
export function fences(lines: readonly string[]): Fence[] {
  const found: Fence[] = []
  for (let i = 0; i < lines.length; i++) {
    const [, ticks, info] = fence.exec(lines[i] as string) ?? []
    if (ticks === undefined || info === undefined) continue
    const first = i + 1
    i = first
    while (i < lines.length && !closes(lines[i] as string, ticks)) i++
    found.push({ words: info.split(/\s+/).filter(Boolean), first, lines: lines.slice(first, i) })
  }
  return found
}

function closes(line: string, ticks: string): boolean {
  const [, own = '', info] = fence.exec(line) ?? []
  return own.length >= ticks.length && info === ''
}

/** True for a block of TypeScript. */
export const isTypeScript = ({ words: [language = ''] }: Fence): boolean =>
  ['ts', 'typescript'].includes(language)

/** True unless the words after the backticks say `no-run`. */
export const isRun = ({ words }: Fence): boolean => !words.includes('no-run')

/**
 * The TypeScript blocks of a Markdown file.
 *
 * @example
 * const text = ['Text.', '', '~~~ts', '1 + 1', '~~~'].join('\n').replaceAll('~', '`')
 * markdownExamples('README.md', text) // → [{ file: 'README.md', line: 4, code: '1 + 1', run: true }]
 */
export function markdownExamples(file: string, text: string): Example[] {
  return fences(text.split(/\r?\n/))
    .filter(isTypeScript)
    .map(block => ({ file, line: block.first + 1, code: block.lines.join('\n'), run: isRun(block) }))
}
