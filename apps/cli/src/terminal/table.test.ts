import { expect, test } from 'vitest'
import { table } from './table.js'

const head = ['', 'ms', 'of peak']
const rows = [
  ['64 A·B', '', ''],
  ['  wengert', '0.01', '89 %'],
  ['  tfjs', '0.488', ''],
]

test('where a terminal has room, a table', () => {
  const text = table(rows, head, undefined, 80)
  expect(text).toMatch(/│ +wengert +│ +0\.01 │ +89 % │/)
  const width = text.indexOf('\n')
  expect(table(rows, head, undefined, width)).toBe(text)
  expect(table(rows, head, undefined, width - 1)).not.toContain('│')
})

test('where it has none, lists', () => {
  expect(table(rows, head, undefined, 20)).toMatchInlineSnapshot(`
    "64 A·B
      wengert
        ms       0.01
        of peak  89 %
      tfjs
        ms       0.488"
  `)
  expect(table([['measured peak', '64 MiB (67108864 bytes)']], [], [], 30)).toMatchInlineSnapshot(`
    "measured peak
      64 MiB (67108864 bytes)"
  `)
})
