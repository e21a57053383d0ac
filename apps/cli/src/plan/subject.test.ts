import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BudgetError } from '@wengert/tape'
import { thrownBy } from '@wengert/testkit'
import { afterAll, expect, test } from 'vitest'
import { graphSubject, modelSubject } from './subject.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-subject-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a memory that is too small names the node of the file, whatever its step', async () => {
  const file = join(folder, 'graph.json')
  const node = (bytes: number, ...inputs: number[]) => ({ bytes, flops: 1, inputs })
  // They run from the last to the first: node 2 is step 1.
  const nodes = [node(64, 1), node(16, 2), node(512, 3), node(512)]
  writeFileSync(file, JSON.stringify({ nodes, outputs: [0] }))
  const { within } = await graphSubject(file)
  for (const search of [{}, { searchWork: 1e5 }, { searchMs: 1 }]) {
    const refused = () => within(528, search)
    expect(refused).toThrow(BudgetError)
    expect(refused).toThrow(/at {8}node 2$/m)
    expect(refused).toThrow(/fix {7}give it 1024 bytes \(1 KiB\)$/m)
    expect(refused).toThrow(expect.objectContaining({ leastBytes: 1024 }))
  }
})

test('a memory that is too small for a model is answered with options of the command', () => {
  const fixOf = (...model: Parameters<typeof modelSubject>) =>
    thrownBy(() => modelSubject(...model).within(65536), BudgetError).parts.fix
  const options = { hidden: [64], batch: 16, steps: 128 }
  expect(fixOf('lstm', options)).toMatch(
    /^--memory \d+ \([\d.]+ KiB\), or a smaller --batch, --hidden or --steps, or --spill 1GiB, with which \d+ bytes do$/,
  )
  expect(fixOf('lstm', options, 2 ** 30)).toMatch(/ --hidden or --steps$/)
  expect(fixOf('mlp', { hidden: [64], batch: 16 })).toMatch(/^--memory \d+ .* a smaller --batch or --hidden$/)
})

test('a title counts nodes', async () => {
  const file = join(folder, 'count.json')
  const titleOf = async (count: number) => {
    const nodes = Array.from({ length: count }, () => ({ bytes: 16, flops: 1, inputs: [] }))
    writeFileSync(file, JSON.stringify({ nodes, outputs: [] }))
    return (await graphSubject(file)).title
  }
  expect(await titleOf(1)).toBe(`${file}, 1 node`)
  expect(await titleOf(2)).toBe(`${file}, 2 nodes`)
})
