/**
 * A graph of storages and costs from a file: `{ "nodes": [{ "bytes", "flops", "inputs": [indices] }], "outputs":
 * [indices] }`. A node has one value of `bytes`, is computed from its `inputs` at `flops`, and may be computed again,
 * also where it has no inputs. Nodes may stand in any order; they run in theirs as far as inputs allow. `outputs` are
 * kept to the end.
 */
import { readFile } from 'node:fs/promises'
import { type ErrorParts, type Graph, WengertError } from '@wengert/tape'

/** A file that holds no graph: where, and what is wrong with it. */
class GraphError extends WengertError {
  static {
    this.prototype.name = 'GraphError'
  }

  constructor(parts: ErrorParts) {
    super('GRAPH', parts)
  }
}

interface Node {
  readonly bytes: number
  readonly flops: number
  readonly inputs: readonly number[]
}

/** Keys of a graph and of its nodes. */
const KEYS = { graph: ['nodes', 'outputs'], node: ['bytes', 'flops', 'inputs'] } as const

const FORM = '{ "nodes": [{ "bytes", "flops", "inputs": [indices] }], "outputs": [indices] }'
const ALIGNMENT = 16

/**
 * Reads a graph.
 *
 * @throws {@link GraphError} for a file that is not there, is not JSON, or holds no graph.
 */
export async function readGraph(file: string): Promise<Graph> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new GraphError({
      summary:
        cause.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${cause.message}.`,
      expected: 'the path of a JSON file',
      fix: `check the path; it is taken from ${process.cwd()}`,
      cause,
    })
  })
  return graphOf(parsed(text.replace(/^\uFEFF/, ''), file), file)
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GraphError({ summary: `${file} is not JSON.`, expected: FORM, at: String(cause), cause })
  }
}

function graphOf(value: unknown, file: string): Graph {
  const wrong = (what: string, expected: string, at?: string): never => {
    throw new GraphError({ summary: `${file}: ${what}.`, expected, at, data: { file } })
  }
  const fields = (of: unknown, what: string, keys: readonly string[], at?: string) => {
    if (!isRecord(of)) return wrong(`${what} ${shown(of)}`, FORM)
    const other = Object.keys(of).find(key => !keys.includes(key))
    return other === undefined ? of : wrong(`there is no key ${shown(other)}`, FORM, at)
  }
  const list = (of: unknown, name: string): readonly unknown[] =>
    Array.isArray(of) ? of : wrong(`\`${name}\` is ${shown(of)}`, FORM)
  const { nodes, outputs } = fields(value, 'it holds', KEYS.graph)
  const entries = list(nodes, 'nodes')
  if (entries.length === 0) wrong('it has no nodes', 'at least one node')

  const index = (one: unknown, at: string): number =>
    typeof one === 'number' && Number.isInteger(one) && one >= 0 && one < entries.length
      ? one
      : wrong(`${shown(one)} is no node`, `an index from 0 to ${entries.length - 1}`, at)
  const read = (entry: unknown, k: number): Node => {
    const at = `nodes[${k}]`
    const { bytes, flops, inputs } = fields(entry, `${at} is`, KEYS.node, at)
    if (!(typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0)) {
      return wrong(`\`bytes\` is ${shown(bytes)}`, 'a whole number from 0 to 2⁵³ − 1', at)
    }
    if (!(typeof flops === 'number' && Number.isFinite(flops) && flops >= 0)) {
      return wrong(`\`flops\` is ${shown(flops)}`, 'a finite number from 0', at)
    }
    const read = list(inputs, `${at}.inputs`)
    return { bytes, flops, inputs: read.map((one, i) => index(one, `${at}.inputs[${i}]`)) }
  }
  const all = entries.map(read)
  const kept = list(outputs, 'outputs').map((one, i) => index(one, `outputs[${i}]`))
  const aligned = all.map(({ bytes }) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
  const sum = aligned.reduce((total, bytes) => total + bytes, 0)
  if (!Number.isSafeInteger(sum)) wrong('its nodes have too many bytes', 'at most 2⁵³ in all')
  const order = sorted(all, cycle =>
    wrong('it has a cycle', 'no node that reads, by way of others, itself', cycle.join(' ← ')),
  )
  return {
    bytes: aligned,
    inputs: [],
    steps: order.map(k => ({
      inputs: all[k]!.inputs,
      outputs: [k],
      scratchBytes: 0,
      cost: all[k]!.flops,
    })),
    outputs: kept,
    // a FLOP for each number of four bytes
    move: { costPerByte: 1 / 4, recordBytes: 0 },
  }
}

/** Nodes in their order, but inputs before those that read them; by depth first, without recursion. */
function sorted(nodes: readonly Node[], refuse: (cycle: readonly number[]) => never): readonly number[] {
  const order: number[] = []
  const done = new Uint8Array(nodes.length)
  const onPath = new Uint8Array(nodes.length)
  const next = new Int32Array(nodes.length)
  for (const first of nodes.keys()) {
    const path = done[first] ? [] : [first]
    while (path.length > 0) {
      const at = path.at(-1)!
      onPath[at] = 1
      const input = nodes[at]!.inputs[next[at]!++]
      if (input === undefined) {
        path.pop()
        onPath[at] = 0
        done[at] = 1
        order.push(at)
      } else if (onPath[input]) refuse([...path.slice(path.indexOf(input)), input])
      else if (!done[input]) path.push(input)
    }
  }
  return order
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What was found, for people. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
