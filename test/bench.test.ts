import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type BenchRow, runSuite, type SuiteName } from '@wengert/bench'
import { describe, expect, test } from 'vitest'

const parcels = () => readdirSync(tmpdir()).filter(name => name.startsWith('wengert-bench-'))

/** The rows of the smallest form of a suite, which leave nothing behind. */
async function tiny(suite: SuiteName, options: Parameters<typeof runSuite>[1] = {}) {
  const before = parcels()
  const rows = await runSuite(suite, { scale: 'tiny', runs: 2, ...options })
  expect(parcels().filter(name => !before.includes(name))).toEqual([])
  return rows
}

const positive = expect.toSatisfy((x: unknown) => typeof x === 'number' && x > 0)
const failures = (rows: readonly BenchRow[]) => rows.filter(row => row.failed !== undefined)

describe('this engine in processes of its own', () => {
  test('over workers', async () => {
    const rows = await tiny('mlp')
    expect(rows.map(row => row.variant)).toEqual(['1 worker', '2 workers', '2 workers, turbo'])
    // Whether hosts have a re-vectoriser that is faster is not known here.
    for (const row of rows.slice(0, 2)) {
      expect(row).toMatchObject({ suite: 'mlp', engine: 'wengert', runs: 2, ms: positive, ratio: positive })
      expect(row).toMatchObject({ arenaBytes: positive, peakResidentBytes: positive, firstMs: positive })
      expect(row.quartilesMs).toEqual([positive, positive])
    }
    expect(rows[0]?.ratio).toBe(1)
  })

  test('beside the peak of the core', async () => {
    const rows = await tiny('gemm', { only: 'A·Bᵀ', runs: 1 })
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ gflops: positive, ratioToPeak: positive })
  })

  test('within parts of its memory, where those are enough', async () => {
    const rows = await tiny('lstm', { only: 'budgets', runs: 1 })
    expect(rows.map(row => row.variant)).toEqual(['no budget', '100 %', '50 %', '25 %', '10 %', '5 %'])
    expect(rows[1]).toMatchObject({ budgetBytes: rows[0]?.arenaBytes, ms: positive })
    expect(failures(rows).map(row => row.failed)).toEqual(
      Array(4).fill(
        expect.stringMatching(/^BudgetError: .* It takes \d+ bytes|^BudgetError: .*It takes .*iB\.$/),
      ),
    )
    for (const row of failures(rows)) expect([row.ms, row.ratio]).toEqual([null, null])
  })

  test('from a cold start', async () => {
    const rows = await tiny('startup', { only: 'scalar' })
    expect(rows).toEqual([expect.objectContaining({ variant: 'call', cold: true, runs: 2, ms: positive })])
  })
})

test('peers agree, or say why they have no figure', async () => {
  const notes: string[] = []
  const rows = await tiny('rosenbrock', { peers: true, runs: 1, onNote: text => notes.push(text) })
  const engines = rows.map(row => row.engine)
  expect(engines).toEqual(expect.arrayContaining(['wengert', 'tfjs', 'jax-js']))
  expect(failures(rows)).toEqual([])
  for (const row of rows)
    expect(row).toMatchObject({ ms: positive, ratio: positive, peakResidentBytes: positive })
  for (const engine of ['jax', 'torch']) {
    const note = `${engine}: not found; there is no python3 that can import it`
    expect(notes.includes(note)).toBe(!engines.includes(engine))
  }
})

test('an abort ends a contest', async () => {
  const controller = new AbortController()
  const waiting = runSuite('ode', {
    only: '1000000',
    signal: controller.signal,
    onCase: () => void setTimeout(() => controller.abort(new Error('enough')), 300),
  })
  await expect(waiting).rejects.toThrow('enough')
})

test('a case that is not there is refused, and so is a part of a word or a number', async () => {
  for (const only of ['leap', '10', '0000', 'step'])
    await expect(runSuite('ode', { only })).rejects.toThrow('no case of ode has in its name')
})

test.each([
  ['', ['f32 3×5×4 A·B', 'f32 3×5×4 Aᵀ·B', 'f32 3×5×4 A·Bᵀ']],
  ['A·B', ['f32 3×5×4 A·B']],
  ['3×5×4 Aᵀ', ['f32 3×5×4 Aᵀ·B']],
  ['Bᵀ', ['f32 3×5×4 A·Bᵀ']],
])('cases by their words: %j', async (only, cases) => {
  const seen: string[] = []
  const rows = await tiny('gemm', { only, runs: 1, onCase: name => seen.push(name) })
  expect(seen).toEqual(cases)
  expect(rows.map(row => row.case)).toEqual(cases)
})
