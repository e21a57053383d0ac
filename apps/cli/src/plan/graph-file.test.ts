import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plan, simulate } from '@wengert/tape'
import { afterAll, expect, test } from 'vitest'
import { readGraph } from './graph-file.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-graph-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'graph.json')

const node = (bytes: number, flops: number, ...inputs: number[]) => ({ bytes, flops, inputs })

function graphOf(value: unknown) {
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return readGraph(file)
}

test('a node is a step with one storage, after those it reads', async () => {
  const nodes = [node(100, 3, 2, 1), node(16, 2, 2), node(0, 1)]
  const graph = await graphOf({ nodes, outputs: [0] })
  expect(graph).toEqual({
    bytes: [112, 16, 0],
    inputs: [],
    steps: [
      { inputs: [], outputs: [2], scratchBytes: 0, cost: 1 },
      { inputs: [2], outputs: [1], scratchBytes: 0, cost: 2 },
      { inputs: [2, 1], outputs: [0], scratchBytes: 0, cost: 3 },
    ],
    outputs: [0],
    move: { costPerByte: 0.25, recordBytes: 0 },
  })
  expect(simulate(graph, plan(graph)).peakBytes).toBe(128)
})

test('a mark of the byte order before the text is no part of it', async () => {
  expect(
    (await graphOf(`\uFEFF{ "nodes": [{ "bytes": 16, "flops": 1, "inputs": [] }], "outputs": [0] }`)).bytes,
  ).toEqual([16])
})

test('nodes that are in order keep it', async () => {
  const nodes = Array.from({ length: 2000 }, (_, k) => node(16, 1, ...(k > 1 ? [k - 1, k >> 1] : [])))
  const { steps } = await graphOf({ nodes, outputs: [1999] })
  expect(steps.map(step => step.outputs[0])).toEqual([...nodes.keys()])
})

test('a long chain in reverse is put in order', async () => {
  const nodes = Array.from({ length: 100_000 }, (_, k) => node(16, 1, ...(k < 99_999 ? [k + 1] : [])))
  const { steps } = await graphOf({ nodes, outputs: [0] })
  expect(steps[0]?.outputs).toEqual([99_999])
  expect(steps.at(-1)?.outputs).toEqual([0])
})

const entry = { bytes: 16, flops: 1, inputs: [] }
test.each([
  ['a list', []],
  ['no nodes', { outputs: [] }],
  ['empty', { nodes: [], outputs: [] }],
  ['no outputs', { nodes: [entry] }],
  ['no node', { nodes: [7], outputs: [] }],
  ['another key of a graph', { nodes: [entry], outputs: [0], edges: [] }],
  ['another key of a node', { nodes: [entry, { ...entry, flop: 3 }], outputs: [0] }],
  ['no bytes', { nodes: [{ flops: 1, inputs: [] }], outputs: [] }],
  ['negative bytes', { nodes: [node(-16, 1)], outputs: [] }],
  ['broken bytes', { nodes: [node(1.5, 1)], outputs: [] }],
  ['more bytes than numbers count', { nodes: [node(1e18, 1)], outputs: [] }],
  ['text for bytes', { nodes: [{ ...entry, bytes: '16' }], outputs: [] }],
  ['too many bytes', { nodes: [node(2 ** 52, 1), node(2 ** 52, 1)], outputs: [] }],
  ['negative flops', { nodes: [node(16, -1)], outputs: [] }],
  ['infinite flops', '{ "nodes": [{ "bytes": 16, "flops": 1e999, "inputs": [] }], "outputs": [] }'],
  ['no inputs', { nodes: [{ bytes: 16, flops: 1 }], outputs: [] }],
  ['an input that is no node', { nodes: [node(16, 1, 1)], outputs: [] }],
  ['a broken input', { nodes: [node(16, 1, 0.5)], outputs: [] }],
  ['an output that is no node', { nodes: [entry], outputs: [-1] }],
  ['itself as input', { nodes: [node(16, 1, 0)], outputs: [0] }],
  ['a cycle', { nodes: [entry, node(16, 1, 0, 3), node(16, 1, 1), node(16, 1, 2)], outputs: [] }],
])('%s is refused', async (_, value) => {
  const error: unknown = await graphOf(value).catch(caught => caught)
  expect(error).toMatchObject({ name: 'GraphError', code: 'GRAPH' })
  expect(String(error).replace(file, 'graph.json')).toMatchSnapshot()
})
