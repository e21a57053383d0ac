import { fileURLToPath } from 'node:url'
import { OptionError } from '@wengert/tape'
import { runContest } from './contest/index.js'
import { findPeers } from './peers/index.js'
import type { BenchRow, SuiteOptions } from './row.js'
import { type Scale, type SuiteName, suites } from './suites/index.js'

const RUNS = 9

/** Runs a suite, one case after another. */
export async function runSuite(
  name: SuiteName,
  options: SuiteOptions & { readonly scale?: Scale } = {},
): Promise<readonly BenchRow[]> {
  const { runs = RUNS, peers: wanted = false, only = '', scale = 'full', signal } = options
  const { onCase, onProgress, onRows, onNote } = options
  const all = suites[name].contests(scale)
  const contests = all.filter(contest => hasWords(contest.case, only))
  if (contests.length === 0)
    throw nothing(
      name,
      only,
      all.map(contest => contest.case),
    )
  const { peers, missing } = wanted ? await findPeers() : { peers: [], missing: [] }
  for (const text of missing) onNote?.(text)
  const rows: BenchRow[] = []
  for (const contest of contests) {
    signal?.throwIfAborted()
    onCase?.(contest.case)
    const finished = await runContest(contest, { suite: name, runs, own, peers, signal, onProgress })
    onRows?.(finished)
    rows.push(...finished)
  }
  return rows
}

/** This engine, on the Node that runs this. */
const own = {
  file: process.execPath,
  args: [fileURLToPath(new URL('./wengert-process.js', import.meta.url))],
}

const LETTER = /[\p{L}\p{N}_]/u

/** Whether a name has a text in it that neither begins nor ends within a word or a number. */
function hasWords(name: string, text: string): boolean {
  const joins = (before = '', after = '') => LETTER.test(before) && LETTER.test(after)
  for (let at = name.indexOf(text); at >= 0; at = name.indexOf(text, at + 1)) {
    const end = at + text.length
    if (!joins(name[at - 1], text[0]) && !joins(text.at(-1), name[end])) return true
  }
  return false
}

const nothing = (suite: string, only: string, cases: readonly string[]) =>
  new OptionError({
    summary: `\`--only\` is ${JSON.stringify(only)}, which no case of ${suite} has in its name.`,
    expected: `whole words or numbers of ${cases.join('; ')}`,
    data: { option: '--only', value: only },
  })
