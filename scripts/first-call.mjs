// npm run first-call: writes packages/*/first-call.json, the names of the functions that a first call runs, which builds have
// compiled with their module (tsup.eager.ts).
import { readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { functionsOf, LIST } from '../tsup.eager.ts'
import { prepare, root } from './workspace.mjs'

/** The list of a package. */
export const listOf = name => join(root, 'packages', name, LIST)

/** Names of the functions that a first call runs, by package: the gradient of a perceptron, from what is built. */
export async function namesOfFirstCall() {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  const { crossEntropy, dense, initDense } = await import('@wengert/nn')
  const { relu, valueAndGrad, zeros } = await import('@wengert/tape')
  const hidden = initDense({ inputs: 48, outputs: 64 })
  const last = initDense({ inputs: 64, outputs: 10 })
  const loss = ([hidden, last], { x, y }) => crossEntropy(dense(last, relu(dense(hidden, x))), y)
  valueAndGrad(loss)([hidden, last], { x: zeros([32, 48]), y: zeros([32], { dtype: 'i32' }) })
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const entries = ['kernels', 'nn', 'tape'].map(name => {
    const file = join(root, 'packages', name, 'dist', 'index.js')
    const script = result.find(({ url }) => url === pathToFileURL(file).href)
    const ranges = script.functions.map(({ ranges: [range] }) => range)
    const starts = new Set(ranges.filter(({ count }) => count > 0).map(({ startOffset }) => startOffset))
    const run = functionsOf(readFileSync(file, 'utf8')).filter(({ node }) => starts.has(node.start))
    return [name, run.map(({ name }) => name).sort()]
  })
  return Object.fromEntries(entries)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await prepare()
  for (const [name, names] of Object.entries(await namesOfFirstCall())) {
    writeFileSync(listOf(name), `${JSON.stringify(names, null, 2)}\n`)
  }
  await prepare()
}
