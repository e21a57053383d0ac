import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { beyond, bounds, opRatios, path, programRatios, ratiosTable } from '../scripts/ratios-table.mjs'

interface Ratios {
  readonly name: string
  readonly tangent: number
  readonly gradient: number
}

const above = (rows: readonly Ratios[]) =>
  rows.filter(({ tangent, gradient }) => !(tangent <= bounds.tangent && gradient <= bounds.gradient))

describe('a value with a tangent ≤ 2.5, with the gradient ≤ 4 times the work of the value', () => {
  test('of every program', () => {
    const rows: Ratios[] = programRatios()
    expect(rows.length).toBeGreaterThan(10)
    expect(above(rows)).toEqual([])
  })

  test('of every op, but those that the theorem does not speak of', () => {
    const names = above(opRatios()).map(({ name }) => name)
    expect(names.sort()).toEqual(Object.keys(beyond).sort())
  })

  test('docs/ratios.md is what `npm run tables` writes', () => {
    expect(readFileSync(path, 'utf8')).toBe(ratiosTable())
  })
})
