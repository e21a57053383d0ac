import { readFileSync } from 'node:fs'
import { conformanceCases, opsDocument } from '@wengert/testkit'
import { expect, test } from 'vitest'
import { opsTable, path } from '../scripts/ops-table.mjs'

test('docs/ops.md is what `npm run tables` writes', () => {
  expect(readFileSync(path, 'utf8')).toBe(opsTable())
})

test('an op without a description fails', () => {
  const cases = conformanceCases().filter(({ op }) => op === 'neg')
  expect(() => opsDocument(cases, [])).toThrow('There is no description of neg.')
})
