import { batch, dependent, pullback, pushforward, replay, withBatch } from '../derive/index.js'
import { add, flushSubnormals, transpose, zerosLike } from '../ops/index.js'
import {
  type Aval,
  avalsOf,
  type Control,
  isFloat,
  type Program,
  paramsOf,
  registerOp,
} from '../program/index.js'
import { apply, innermostTape, type Tensor } from '../record/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import { type Batched, type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { outputAvals, recordClosed } from './closed.js'
import { present, spread } from './spread.js'

type Scan = Control & { readonly kind: 'scan' }

/** A step of a scan on lists: the next carry, and rows of results. */
export type Step = (
  carry: readonly Tensor[],
  rows: readonly Tensor[],
) => { readonly carry: readonly Tensor[]; readonly results: readonly Tensor[] }

/** What a scan computes. */
export interface Scanned {
  readonly carry: readonly Tensor[]
  /** A row for each step. */
  readonly results: readonly Tensor[]
  /** The carries before each step, a row each; empty where everything is concrete and nobody reads it. */
  readonly history: readonly Tensor[]
}

/** Which way a scan goes, and how far. */
export interface Course {
  readonly length: number
  readonly reverse: boolean
  /** Carries whose history is read, also where everything is concrete; default: none. */
  readonly history?: readonly number[]
}

/** Records, or computes, a scan over rows of arrays. */
export function emitScan(
  step: Step,
  init: readonly Tensor[],
  arrays: readonly Tensor[],
  { length, reverse, history: read = [] }: Course,
): Scanned {
  const rows = arrays.map(({ dtype, shape }): Aval => ({ dtype, shape: shape.slice(1) }))
  const { program: body, outside } = recordClosed(
    (...inputs) => {
      const { carry, results } = step(inputs.slice(0, init.length), inputs.slice(init.length))
      return [...carry, ...results]
    },
    [...avalsOf(init), ...rows],
  )
  const inputs = [...outside, ...init, ...arrays]
  const history = read.length > 0 || innermostTape(inputs) ? init.map((_, k) => k) : []
  const scan = { body, length, reverse, constants: outside.length, carries: init.length, history }
  const outputs = apply('scan', inputs, paramsOf({ kind: 'scan', ...scan }))
  const results = body.outputs.length - init.length
  return {
    carry: outputs.slice(0, init.length),
    results: outputs.slice(init.length, init.length + results),
    history: outputs.slice(init.length + results),
  }
}

const stacked = (length: number, { dtype, shape }: Aval): Aval => ({ dtype, shape: [length, ...shape] })

registerOp({
  name: 'scan',
  infer(_inputs, params) {
    const { body, carries, length, history } = params as unknown as Scan
    const avals = outputAvals(body)
    const state = avals.slice(0, carries)
    return [
      ...state,
      ...avals.slice(carries).map(aval => stacked(length, aval)),
      ...history.map(k => stacked(length, state[k] as Aval)),
    ]
  },
})

/** The operands and results of an instruction, by what they are. */
function parts({ inputs, params }: { inputs: readonly Tensor[]; params: object }) {
  const scan = params as Scan
  const { constants, carries, body } = scan
  const results = body.outputs.length - carries
  const split = <T>(list: readonly T[]) => ({
    outside: list.slice(0, constants),
    carry: list.slice(constants, constants + carries),
    rows: list.slice(constants + carries),
  })
  const splitOutputs = <T>(list: readonly T[]) => ({
    carry: list.slice(0, carries),
    results: list.slice(carries, carries + results),
    history: list.slice(carries + results),
  })
  return { scan, body, ...split(inputs), arrays: inputs.slice(constants + carries), split, splitOutputs }
}

const floats = (tensors: readonly Tensor[]): boolean[] => tensors.map(x => isFloat(x.dtype))

/**
 * The pullback of a scan is a scan from its other end, over the carries before each step: it runs a step again and
 * pulls cotangents back through it. Cotangents of what the step reads from outside are summed on the way.
 */
function scanPullback(site: Site): readonly (Tensor | undefined)[] {
  const { scan, body: recorded, outside, arrays, split, splitOutputs } = parts(site)
  const body = withoutRepetitions(recorded)
  const outputs = splitOutputs(site.outputs)
  const cts = splitOutputs(site.cts)
  const wanted = split(site.wanted)
  const carried = floats(outputs.carry)
  const summed = outside.map((x, k) => wanted.outside[k] === true && isFloat(x.dtype))
  const pulledRows = arrays.map((x, k) => wanted.rows[k] === true && isFloat(x.dtype))
  const ctCarry = outputs.carry.map((x, k) => (carried[k] ? (cts.carry[k] ?? zerosLike(x)) : undefined))
  const ctOutside = outside.map((x, k) => (summed[k] ? zerosLike(x) : undefined))
  const [givenResults, givenHistory] = [cts.results.map(Boolean), cts.history.map(Boolean)]
  const step: Step = (state, rows) => {
    const own = rows.slice(0, arrays.length)
    const past = rows.slice(own.length, own.length + scan.carries)
    const ctRows = rows.slice(own.length + past.length)
    const ctResults = spread(givenResults, ctRows)
    const ctPast = spread(givenHistory, ctRows.slice(present(ctResults).length))
    const ctNext = spread(carried, state)
    const sums = spread(summed, state.slice(present(ctNext).length))
    const values = replay(body, [...outside, ...past, ...own])
    const pulled = split(
      pullback(body, values, [...ctNext, ...ctResults], [...summed, ...carried, ...pulledRows]),
    )
    const nextCarry = pulled.carry.map((ct, k) =>
      carried[k] ? flushSubnormals(plus(ct, ctPast[k]) ?? zerosLike(past[k] as Tensor)) : undefined,
    )
    const nextSums = sums.map((so, k) => so && (plus(so, pulled.outside[k]) as Tensor))
    const results = pulled.rows.map((ct, k) =>
      pulledRows[k] ? (ct ?? zerosLike(own[k] as Tensor)) : undefined,
    )
    return { carry: present([...nextCarry, ...nextSums]), results: present(results) }
  }
  const back = emitScan(
    step,
    present([...ctCarry, ...ctOutside]),
    [...arrays, ...outputs.history, ...present(cts.results), ...present(cts.history)],
    { length: scan.length, reverse: !scan.reverse },
  )
  const ctInit = spread(carried, back.carry)
  return [
    ...spread(summed, back.carry.slice(present(ctInit).length)),
    ...ctInit,
    ...spread(pulledRows, back.results),
  ]
}

/** The sum of cotangents, undefined for zero. */
export const plus = (a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined =>
  a && b ? add(a, b) : (a ?? b)

/**
 * The carries that depend on some inputs once the loop has gone round: what depends on them after a step does before the
 * next.
 */
export function dependentCarries(
  body: Program,
  outside: readonly boolean[],
  carry: readonly boolean[],
  rows: readonly boolean[],
  through: 'values' | 'derivatives',
): { readonly carry: readonly boolean[]; readonly outputs: readonly boolean[] } {
  for (let known = carry; ; ) {
    const found = dependent(body, [...outside, ...known, ...rows], through)
    const outputs = body.outputs.map(value => found[value] === true)
    const next = known.map((so, k) => so || outputs[k] === true)
    if (next.every((so, k) => so === known[k])) return { carry: next, outputs }
    known = next
  }
}

/** The pushforward of a scan is a scan that carries tangents along. */
function scanPushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const { scan, body, outside, carry: init, arrays, split } = parts(site)
  const t = split(site.tangents)
  const [hasOutside, hasRows] = [t.outside.map(Boolean), t.rows.map(Boolean)]
  const reached = dependentCarries(body, hasOutside, t.carry.map(Boolean), hasRows, 'derivatives')
  const results = reached.outputs.slice(scan.carries)
  const step: Step = (state, rows) => {
    const [carry, tangents] = [state.slice(0, scan.carries), spread(reached.carry, state.slice(scan.carries))]
    const [own, tangentsOfRows] = [rows.slice(0, arrays.length), spread(hasRows, rows.slice(arrays.length))]
    const values = replay(body, [...outside, ...carry, ...own])
    const pushed = pushforward(body, values, [...t.outside, ...tangents, ...tangentsOfRows])
    const out = body.outputs.map((value, k) => ({ x: values[value] as Tensor, t: pushed[k] }))
    const tangentsOut = out.map(({ x, t }, k) => (reached.outputs[k] ? (t ?? zerosLike(x)) : undefined))
    const carried = out.slice(0, scan.carries)
    const kept = reached.carry.map((so, k) =>
      so ? flushSubnormals(tangentsOut[k] ?? zerosLike(carried[k]?.x as Tensor)) : undefined,
    )
    return {
      carry: [...carried.map(({ x }) => x), ...present(kept)],
      results: present(tangentsOut.slice(scan.carries)),
    }
  }
  const startTangents = init.map((x, k) => (reached.carry[k] ? (t.carry[k] ?? zerosLike(x)) : undefined))
  const forward = emitScan(step, [...init, ...present(startTangents)], [...arrays, ...present(t.rows)], scan)
  return [
    ...spread(reached.carry, forward.carry.slice(scan.carries)),
    ...spread(results, forward.results),
    ...spread(reached.carry, forward.history.slice(scan.carries)),
  ]
}

/** A batch of scans is a scan of batches; rows have the batch behind their own axis. */
function scanBatch(site: BatchSite): readonly Batched[] {
  const { scan, body, outside, carry: init, arrays, split } = parts(site)
  const batched = split(site.batched)
  const { size } = site
  const reached = dependentCarries(body, batched.outside, batched.carry, batched.rows, 'values')
  const differs = [...reached.carry, ...reached.outputs.slice(scan.carries)]
  const of = (tensors: readonly Tensor[], which: readonly boolean[]): Batched[] =>
    tensors.map((tensor, k) => ({ tensor, batched: which[k] === true }))
  const step: Step = (carry, rows) => {
    const outputs = batch(
      body,
      [...of(outside, batched.outside), ...of(carry, reached.carry), ...of(rows, batched.rows)],
      size,
    )
    const all = outputs.map((out, k) => (differs[k] ? withBatch(out, size) : out.tensor))
    return { carry: all.slice(0, scan.carries), results: all.slice(scan.carries) }
  }
  const start = of(init, batched.carry).map((x, k) => (reached.carry[k] ? withBatch(x, size) : x.tensor))
  const mapped = emitScan(
    step,
    start,
    arrays.map((x, k) => (batched.rows[k] ? swapped(x) : x)),
    scan,
  )
  return [
    ...of(mapped.carry, reached.carry),
    ...behind(mapped.results, differs.slice(scan.carries)),
    ...behind(mapped.history, reached.carry),
  ]
}

/** Rows with the batch behind their own axis, where they have it, as batches. */
const behind = (rows: readonly Tensor[], batched: readonly boolean[]): Batched[] =>
  rows.map((x, k) => ({ tensor: batched[k] ? swapped(x) : x, batched: batched[k] === true }))

/** The first two axes exchanged. */
const swapped = (x: Tensor): Tensor =>
  transpose(
    x,
    x.shape.map((_, k) => (k < 2 ? 1 - k : k)),
  )

defineRule('scan', { pullback: scanPullback, pushforward: scanPushforward, batch: scanBatch })
