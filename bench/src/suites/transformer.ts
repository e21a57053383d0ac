import { dense, layerNorm, multiHeadAttention } from '@wengert/nn'
import { add, mean, relu, square, type Tensor } from '@wengert/tape'
import { type ArraySpec, type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Suite, sharedOut } from './suite.js'

/** x + attention(norm(x)), then y + dense(relu(dense(norm(y)))); the mean square of the result, a number a row. */
const block: Objective = (arrays, { heads }) => {
  const at = (name: string) => arrays[name] as Tensor
  const layer = (name: string) => ({ w: at(`w${name}`), b: at(`b${name}`) })
  const norm = (k: number, x: Tensor) => layerNorm({ scale: at(`scale${k}`), shift: at(`shift${k}`) }, x)
  const attention = { query: layer('q'), key: layer('k'), value: layer('v'), out: layer('o') }
  const x = at('x')
  const y = add(x, multiHeadAttention(attention, norm(1, x), { heads: heads as number }))
  const out = add(y, dense(layer('2'), relu(dense(layer('1'), norm(2, y)))))
  return mean(square(out), { axis: [1, 2] })
}

function blockTask(rows: number, length: number, features: number, heads: number): Task {
  const dense = (name: string, from: number, to: number, seed: number) =>
    [
      [`w${name}`, uniform([from, to], Math.sqrt(3 / from), seed)],
      [`b${name}`, uniform([to], 0.1, seed + 1)],
    ] as const
  const params: Record<string, ArraySpec> = Object.fromEntries([
    ...['q', 'k', 'v', 'o'].flatMap((name, k) => dense(name, features, features, 10 + 2 * k)),
    ...dense('1', features, 4 * features, 20),
    ...dense('2', 4 * features, features, 22),
    ...[1, 2].flatMap(k => [
      [`scale${k}`, uniform([features], 0.1, 24 + k, { centre: 1 })] as const,
      [`shift${k}`, uniform([features], 0.1, 26 + k)] as const,
    ]),
  ])
  return {
    kind: 'transformer',
    settings: { heads },
    arrays: { x: uniform([rows, length, features], 1, 1), ...params },
    // The bias of the keys moves all scores of a query alike, so its gradient is rounding alone.
    by: Object.keys(params).filter(name => name !== 'bk'),
    rows: ['x'],
    tolerance: 1e-3,
  }
}

/** The gradient of a transformer's block. */
export const transformer: Suite = {
  objectives: { transformer: block },
  contests(scale) {
    const task = scale === 'tiny' ? blockTask(2, 3, 4, 2) : blockTask(32, 64, 128, 4)
    const name = scale === 'tiny' ? 'd 4, T 3, batch 2' : 'd 128, 4 heads, T 64, batch 32'
    return [{ case: name, entrants: sharedOut(task), peers: task }]
  },
}
