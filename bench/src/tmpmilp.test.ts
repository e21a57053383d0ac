import { test } from 'vitest'
import loadHighs from 'highs'
import { plan, type Graph } from '@wengert/tape'
import { caseOf, type CaseName } from './plan/cases.js'
import { endsOf, movesOf, replay } from './plan/replay.js'
import { optimum } from './plan/milp.js'
import { appendFileSync } from 'node:fs'
test('x', async () => {
  const highs = await loadHighs()
  for (const [name, f] of [['fcn-8', 0.1], ['fcn-8', 0], ['fcn-8', 0.25], ['u-net', 0.03], ['u-net', 0]] as [CaseName, number][]) {
    const { graph } = caseOf(name)
    const { largestWorkingSetBytes: w, storeEverythingBytes: p } = endsOf(graph)
    const B = Math.ceil((w + f * (p - w)) / 16) * 16
    const found = plan(structuredClone(graph), { budgetBytes: B, searchWork: 3e7 })
    const total = graph.steps.reduce((s, x) => s + x.cost, 0)
    const from = found.actions.flatMap(a => a.kind === 'run' ? [a.step] : [])
    const t0 = performance.now()
    const o = optimum(highs, graph, B, { seconds: 200, from })
    const extra = o.runs ? 100 * replay(graph, movesOf(graph, o.runs)).extraCost / total : NaN
    appendFileSync('/work/wt/scratch-lead/milp.log', `${name} ${f} ours ${(100 * found.extraCost / total).toFixed(3)} milp ${extra.toFixed(3)} bound ${(100 * o.boundCost / total).toFixed(3)} proven ${o.proven} ${(performance.now() - t0).toFixed(0)} ms\n`)
  }
}, 2e6)
