/**
 * Calls: functions as one instruction, whose pullback computes again what was not kept. Derivatives are those of the whole
 * body whatever is kept, so that no choice changes a bit of them, at any order; values that are kept only spare work.
 */
import { batch, dependent, pullback, pushforward, replay, withBatch } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import { avalsOf, type Call, type Program, paramsOf, registerOp, settle } from '../program/index.js'
import { apply, innermostTape, type Tensor } from '../record/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import { type Batched, type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { outputAvals, recordClosed } from './closed.js'
import { checkNames, type Keep, type KeepParam, keptValues } from './keep.js'
import { present, spread } from './spread.js'

/** A tensor that was computed before, and the one that is computed again inside of a call. */
interface Known {
  readonly before: Tensor
  readonly inside: Tensor
}

/** What a function makes inside of a call. */
interface Made {
  readonly results: readonly Tensor[]
  readonly known?: readonly Known[]
  /** What is computed again but for what is known. */
  readonly repeated?: readonly Tensor[]
  /** What is kept; default: what `keep` says. */
  readonly kept?: readonly Tensor[]
}

interface Emitted {
  readonly results: readonly Tensor[]
  readonly kept: readonly Tensor[]
}

/** How a call is recorded. */
interface Mode {
  readonly keep: Keep
  /** Instructions that it repeats although they are not its own, as the batch of a call that does. */
  readonly again?: number
  /** Whether names that are kept must be there. */
  readonly checked?: boolean
}

/** Records, or computes, a function as a call. */
function emit(
  fn: (operands: readonly Tensor[]) => Made,
  operands: readonly Tensor[],
  { keep, again = 0, checked = false }: Mode,
): Emitted {
  let made: Made = { results: [] }
  const { program, outside } = recordClosed((...inputs) => {
    made = fn(inputs)
    const { results, kept = [], known = [], repeated = [] } = made
    const here = innermostTape(inputs)
    const own = here ? repeated.filter(x => innermostTape([x]) === here) : []
    return [...results, ...kept, ...known.map(({ inside }) => inside), ...own]
  }, avalsOf(operands))
  if (checked) checkNames(program, keep)
  const { results, known = [] } = made
  const before = known.map(one => one.before)
  const inputs = [...outside, ...operands, ...before]
  const first = results.length + (made.kept?.length ?? 0)
  const given = program.outputs.slice(first, first + known.length)
  const there = new Set(given)
  // Without a recording nobody computes anything again.
  const recording = innermostTape(inputs) !== undefined
  const chosen = made.kept || !recording ? [] : keptValues(program, keep)
  const own = [...program.outputs.slice(0, first), ...chosen.filter(value => !there.has(value))]
  const kept = own.length - results.length
  const body = { ...program, outputs: [...own, ...given] }
  const repeated = new Set(program.outputs.slice(first + given.length))
  const repeats = again || repeatsOf({ body, given: given.length }, repeated)
  const call: Call = {
    body,
    ...(kept > 0 && { kept }),
    ...(given.length > 0 && { given: given.length }),
    ...(isParam(keep) && { keep }),
    ...(repeats > 0 && { again: repeats }),
  }
  const outputs = apply('call', inputs, paramsOf({ kind: 'call', ...call }))
  return { results: outputs.slice(0, results.length), kept: outputs.slice(results.length) }
}

/** Instructions of a call that compute some of these values of its body, and that something reads. */
function repeatsOf(call: Call, values: ReadonlySet<number>): number {
  if (values.size === 0) return 0
  const { instructions, outputs } = settle(call)
  const read = new Set(outputs)
  const needed = instructions.toReversed().filter(({ inputs, outputs }) => {
    const isRead = outputs.some(value => read.has(value))
    if (isRead) for (const value of inputs) read.add(value)
    return isRead
  })
  return needed.filter(({ outputs }) => outputs.some(value => values.has(value))).length
}

const isParam = (keep: Keep): keep is Exclude<KeepParam, 'nothing'> =>
  keep !== 'nothing' && typeof keep !== 'function'

/**
 * Records, or computes, a function as one instruction.
 *
 * @param keep what is kept of its inside until its pullback.
 */
export const emitCall = (
  fn: (operands: readonly Tensor[]) => readonly Tensor[],
  operands: readonly Tensor[],
  keep: Keep,
): readonly Tensor[] => emit(inputs => ({ results: fn(inputs) }), operands, { keep, checked: true }).results

registerOp({
  name: 'call',
  infer(_inputs, params) {
    const { body, given = 0 } = params as unknown as Call
    return outputAvals(body).slice(0, body.outputs.length - given)
  },
})

/** The operands of a call by what they are: those of its body, and the values that it was given. */
function parts({ inputs, params }: { inputs: readonly Tensor[]; params: object }) {
  const { body, kept = 0, given = 0, keep = 'nothing', again = 0 } = params as Call
  const own = inputs.length - given
  const results = body.outputs.length - given - kept
  const mode = { keep: keep as KeepParam, again }
  return { body, own, results, given: inputs.slice(own), operands: inputs.slice(0, own), mode }
}

/** What the instructions of a program compute. */
const computed = ({ instructions }: Program, values: readonly Tensor[]): readonly Tensor[] =>
  instructions.flatMap(({ outputs }) => outputs.map(value => values[value] as Tensor))

/** What a call that computes the body of another again knows of its values: what that one kept, and was given. */
const knownOf = (
  { outputs, results, given }: { outputs: readonly Tensor[]; results: number; given: readonly Tensor[] },
  inside: readonly (Tensor | undefined)[],
): Known[] =>
  [...outputs.slice(results), ...given].flatMap((before, k) => {
    const tensor = inside[k]
    return tensor ? [{ before, inside: tensor }] : []
  })

/** The body is run again inside of the pullback, without what is known of it. */
function callPullback(site: Site): readonly (Tensor | undefined)[] {
  const { body: recorded, own, results, given, operands, mode } = parts(site)
  const body = withoutRepetitions(recorded)
  const wanted = site.wanted.slice(0, own)
  const there = site.cts.map(Boolean)
  const pulled = emit(
    inputs => {
      const values = replay(body, inputs.slice(0, own))
      const cts = pullback(body, values, spread(there, inputs.slice(own)), wanted, { alongLines: true })
      const outs = body.outputs.map(value => values[value] as Tensor)
      return {
        results: present(operands.map((x, k) => (wanted[k] ? (cts[k] ?? zerosLike(x)) : undefined))),
        known: knownOf({ outputs: site.outputs, results, given }, outs.slice(results)),
        repeated: computed(body, values),
      }
    },
    [...operands, ...present(site.cts)],
    { keep: mode.keep },
  )
  return spread(wanted, pulled.results)
}

function callPushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const { body, own, results, given, operands, mode } = parts(site)
  const there = site.tangents.slice(0, own).map(Boolean)
  const found = dependent(body, there, 'derivatives')
  const reached = site.outputs.map((_, k) => found[body.outputs[k] as number] === true)
  const tangentsOfGiven = site.tangents.slice(own)
  const pushed = emit(
    inputs => {
      const values = replay(body, inputs.slice(0, own))
      const tangents = pushforward(body, values, spread(there, inputs.slice(own)))
      const outs = body.outputs.map(value => values[value] as Tensor)
      const pairs = tangentsOfGiven.flatMap((before, k): Known[] => {
        const inside = tangents[site.outputs.length + k]
        return before && inside ? [{ before, inside }] : []
      })
      return {
        results: present(
          site.outputs.map((x, k) => (reached[k] ? (tangents[k] ?? zerosLike(x)) : undefined)),
        ),
        known: [...knownOf({ outputs: site.outputs, results, given }, outs.slice(results)), ...pairs],
        repeated: computed(body, values),
      }
    },
    [...operands, ...present(site.tangents.slice(0, own))],
    { keep: mode.keep },
  )
  return spread(reached, pushed.results)
}

function callBatch(site: BatchSite): readonly (Tensor | Batched)[] {
  const { body, results, given, operands, mode } = parts(site)
  const { batched, size } = site
  let differs: readonly boolean[] = []
  const mapped = emit(
    inputs => {
      const own = inputs.map((tensor, k) => ({ tensor, batched: batched[k] === true }))
      const outs = batch(body, own, size)
      const kept = outs.slice(results, outs.length - given.length)
      differs = kept.map(out => out.batched)
      return {
        results: outs.slice(0, results).map(out => withBatch(out, size)),
        kept: kept.map(({ tensor }) => tensor),
        // A value that all elements share stays one where it was given and where it is computed again.
        known: outs.slice(outs.length - given.length).flatMap((out, k): Known[] => {
          const same = out.batched === (batched[operands.length + k] === true)
          return same ? [{ before: given[k] as Tensor, inside: out.tensor }] : []
        }),
      }
    },
    operands,
    mode,
  )
  return [
    ...mapped.results,
    ...mapped.kept.map((tensor, k): Batched => ({ tensor, batched: differs[k] === true })),
  ]
}

defineRule('call', { pullback: callPullback, pushforward: callPushforward, batch: callBatch })
