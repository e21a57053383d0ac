import { expect, test } from 'vitest'
import { lineAt, parseDoc, tsdocExamples } from './tsdoc.js'

const source = `
/**
 * Adds two numbers. It
 * does so at once.
 *
 * More about it.
 * @param a - The first.
 * @example
 * add(1, 2) // → 3
 *
 * add(
 *   1,
 *   1,
 * )
 * @throws Never.
 */
export const add = 1

/** @example sub(3, 2) // → 1 */
export const sub = 1

/* @example not documentation */
// @example nor this
export const text = '/** @example nor this *\\/'
`

test('examples keep their lines and end at the next tag', () => {
  expect(tsdocExamples('a.ts', source)).toEqual([
    { file: 'a.ts', line: 9, code: 'add(1, 2) // → 3\n\nadd(\n  1,\n  1,\n)', run: true },
    { file: 'a.ts', line: 19, code: 'sub(3, 2) // → 1', run: true },
  ])
})

test('an example may be fenced and titled, and a tag inside the fence is code', () => {
  const value = ['*', ' * @example Adding', ' * ```ts', ' * @sealed', ' * class A {}', ' * ```', ' '].join(
    '\n',
  )
  const { examples } = parseDoc(value, 'a.ts', 10)
  expect(examples).toEqual([{ file: 'a.ts', line: 13, code: '@sealed\nclass A {}', run: true }])
})

test('the summary is the first paragraph', () => {
  const value = '*\n * Adds two numbers. It\n * does so at once.\n *\n * More.\n * @returns Nothing.\n '
  expect(parseDoc(value, 'a.ts', 1)).toEqual({
    summary: 'Adds two numbers. It does so at once.',
    examples: [],
  })
  expect(parseDoc('* @example 1 ', 'a.ts', 1).summary).toBe('')
})

test('lines are counted from 1', () => {
  expect([0, 1, 2, 3].map(offset => lineAt('a\nb\n', offset))).toEqual([1, 1, 2, 2])
})
