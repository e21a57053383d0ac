import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { ALIGNMENT, type Graph } from './graph.js'
import { PlanError } from './plan-error.js'

/** Lists of integers in one buffer: list `i` is `items[starts[i]]` up to, not including, `items[starts[i + 1]]`. */
export interface Lists {
  readonly starts: Int32Array
  readonly items: Int32Array
}

/** A {@link Graph} checked once and turned into typed arrays, with the edges both ways. */
export interface GraphIndex {
  readonly graph: Graph
  readonly stepCount: number
  readonly storageCount: number
  readonly bytes: Float64Array
  /** ln of {@link GraphIndex.bytes}. */
  readonly logBytes: Float64Array
  /** ln of 0, 1, … up to two more than there are steps. */
  readonly logOf: Float64Array
  readonly cost: Float64Array
  /** Scratch of each step, rounded up to {@link ALIGNMENT}. */
  readonly scratchBytes: Float64Array
  /** The step that writes a storage, −1 for an input. */
  readonly producer: Int32Array
  /** Distinct storages that each step reads. */
  readonly operands: Lists
  /** Storages that each step writes. */
  readonly results: Lists
  /** Steps that read each storage, ascending. */
  readonly readers: Lists
  readonly isPinned: Uint8Array
  readonly isOutput: Uint8Array
  /** Σ cost over the steps. */
  readonly totalCost: number
}

/** Rounds a byte count up to {@link ALIGNMENT}. */
export const alignBytes = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** @throws {@link PlanError} for what is no graph at all. */
export function checkGraph(owner: string, graph: Graph): void {
  const { bytes, inputs, steps, outputs } = Object(graph) as Partial<Graph>
  if ([bytes, inputs, steps, outputs].every(Array.isArray)) return
  throw new PlanError({
    summary: `${owner}: the graph is ${shown(graph)}.`,
    expected: '{ bytes, inputs, steps, outputs }, all of them lists',
    at: callerLocation(),
  })
}

/** Checks a graph and indexes it. Throws {@link PlanError} when the graph is malformed. */
export function indexGraph(graph: Graph): GraphIndex {
  checkGraph('plan', graph)
  const storageCount = graph.bytes.length
  const stepCount = graph.steps.length
  const producer = new Int32Array(storageCount).fill(UNKNOWN)
  const isPinned = new Uint8Array(storageCount)
  const isOutput = new Uint8Array(storageCount)
  graph.bytes.forEach((bytes, storage) => {
    if (!(bytes >= 0 && Number.isSafeInteger(bytes)) || bytes % ALIGNMENT !== 0) {
      malformed(`storage ${storage} has ${bytes} bytes`, `a multiple of ${ALIGNMENT}, at least 0`)
    }
  })
  for (const { storage, pinned } of graph.inputs) {
    known(storage, storageCount, 'an input')
    if (producer[storage] !== UNKNOWN) malformed(`storage ${storage} is an input twice`, 'each input once')
    producer[storage] = -1
    isPinned[storage] = pinned ? 1 : 0
  }
  const seen = new Int32Array(storageCount).fill(-1)
  const operands: number[][] = []
  graph.steps.forEach((step, at) => {
    const distinct: number[] = []
    for (const storage of step.inputs) {
      known(storage, storageCount, `step ${at}`)
      if (producer[storage] === UNKNOWN) malformed(`step ${at} reads storage ${storage}`, 'a value by then')
      if (seen[storage] !== at) distinct.push(storage)
      seen[storage] = at
    }
    operands.push(distinct)
    for (const storage of step.outputs) {
      known(storage, storageCount, `step ${at}`)
      if (producer[storage] !== UNKNOWN) malformed(`step ${at} writes storage ${storage}`, 'one producer')
      producer[storage] = at
    }
    if (!(step.cost >= 0 && step.cost < Infinity)) malformed(`step ${at} costs ${step.cost}`, 'cost ≥ 0')
    if (!(step.scratchBytes >= 0 && step.scratchBytes < Infinity)) {
      malformed(`step ${at} has ${step.scratchBytes} scratch bytes`, 'scratchBytes ≥ 0')
    }
  })
  for (const storage of graph.outputs) {
    known(storage, storageCount, 'an output')
    if (producer[storage] === UNKNOWN)
      malformed(`output ${storage} is never written`, 'a producer or an input')
    isOutput[storage] = 1
  }
  const cost = Float64Array.from(graph.steps, step => step.cost)
  return {
    graph,
    stepCount,
    storageCount,
    bytes: Float64Array.from(graph.bytes),
    logBytes: Float64Array.from(graph.bytes, bytes => Math.log(bytes)),
    logOf: Float64Array.from({ length: stepCount + 3 }, (_, k) => Math.log(k)),
    cost,
    scratchBytes: Float64Array.from(graph.steps, step => alignBytes(step.scratchBytes)),
    producer,
    operands: flatten(operands),
    results: flatten(graph.steps.map(step => step.outputs)),
    readers: flatten(invert(operands, storageCount)),
    isPinned,
    isOutput,
    totalCost: cost.reduce((sum, each) => sum + each, 0),
  }
}

const UNKNOWN = -2

const finals = new WeakMap<GraphIndex, GraphIndex>()

/** The same graph with one more step that reads every output, so that outputs may leave and come back for it. */
export function withFinalStep(index: GraphIndex): GraphIndex {
  const known = finals.get(index)
  if (known) return known
  const made = finalOf(index)
  finals.set(index, made)
  return made
}

function finalOf(index: GraphIndex): GraphIndex {
  const { graph, stepCount, storageCount } = index
  const final = { inputs: [...new Set(graph.outputs)], outputs: [], scratchBytes: 0, cost: 0 }
  const steps = [...graph.steps, final]
  const operands = steps.map(step => [...new Set(step.inputs)])
  return {
    ...index,
    graph: { ...graph, steps },
    stepCount: stepCount + 1,
    cost: Float64Array.from([...index.cost, 0]),
    scratchBytes: Float64Array.from([...index.scratchBytes, 0]),
    operands: flatten(operands),
    results: flatten(steps.map(step => step.outputs)),
    readers: flatten(invert(operands, storageCount)),
    isOutput: new Uint8Array(storageCount),
  }
}

function flatten(lists: readonly (readonly number[])[]): Lists {
  const starts = new Int32Array(lists.length + 1)
  lists.forEach((list, i) => {
    starts[i + 1] = starts[i]! + list.length
  })
  const items = new Int32Array(starts[lists.length]!)
  lists.forEach((list, i) => {
    items.set(list, starts[i]!)
  })
  return { starts, items }
}

function invert(operands: readonly (readonly number[])[], storageCount: number): number[][] {
  const readers: number[][] = Array.from({ length: storageCount }, () => [])
  operands.forEach((list, step) => {
    for (const storage of list) readers[storage]!.push(step)
  })
  return readers
}

function known(storage: number, storageCount: number, where: string): void {
  if (Number.isInteger(storage) && storage >= 0 && storage < storageCount) return
  malformed(`${where} names storage ${storage}`, `a storage in 0…${storageCount - 1}`)
}

function malformed(got: string, expected: string): never {
  throw new PlanError({ summary: `plan: malformed graph: ${got}.`, expected })
}
