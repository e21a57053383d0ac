import { expect, test } from 'vitest'
import { markdownExamples } from './markdown.js'

const ticks = '```'

test('TypeScript blocks are found with their lines, other languages are not', () => {
  const text = [
    '# Title',
    `${ticks}sh`,
    'ls',
    ticks,
    `${ticks}ts`,
    'a',
    'b',
    ticks,
    `${ticks}typescript`,
    'c',
    ticks,
  ]
  expect(markdownExamples('README.md', text.join('\n'))).toEqual([
    { file: 'README.md', line: 6, code: 'a\nb', run: true },
    { file: 'README.md', line: 10, code: 'c', run: true },
  ])
})

test('a block may ask not to be run', () => {
  expect(markdownExamples('a.md', `${ticks}ts no-run\nx\n${ticks}`)).toMatchObject([{ run: false }])
})

test('a longer fence holds a shorter one', () => {
  const text = [`${ticks}\`md`, `${ticks}ts`, 'x', ticks, `${ticks}\``].join('\n')
  expect(markdownExamples('a.md', text)).toEqual([])
})
