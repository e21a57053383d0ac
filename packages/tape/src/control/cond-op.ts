import { batch, dependent, pullback, pushforward, replay, withBatch } from '../derive/index.js'
import { reshape, where, zerosLike } from '../ops/index.js'
import { type Aval, avalsOf, type Control, type Program, paramsOf, registerOp } from '../program/index.js'
import { apply, type Tensor } from '../record/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import { type Batched, type BatchSite, defineRule, type Site, type TangentSite } from '../rules/index.js'
import { outputAvals, recordClosed, together } from './closed.js'
import { present, spread } from './spread.js'

type Cond = Control & { readonly kind: 'cond' }

/** Makes a list of tensors from operands. */
export type Branch = (operands: readonly Tensor[]) => readonly Tensor[]

/** Told of what the branches give before anything is recorded. */
export type CheckBranches = (whenTrue: readonly Aval[], whenFalse: readonly Aval[]) => void

/** Records, or computes, a choice between two lists of tensors. */
export function emitCond(
  condition: Tensor,
  whenTrue: Branch,
  whenFalse: Branch,
  operands: readonly Tensor[],
  check: CheckBranches = () => {},
): readonly Tensor[] {
  const closed = [whenTrue, whenFalse].map(branch =>
    recordClosed((...inputs) => branch(inputs), avalsOf(operands)),
  )
  const { programs, outside } = together(closed)
  const [yes, no] = programs as [Program, Program]
  check(outputAvals(yes), outputAvals(no))
  const inputs = [condition, ...outside, ...operands]
  return apply('cond', inputs, paramsOf({ kind: 'cond', whenTrue: yes, whenFalse: no }))
}

registerOp({
  name: 'cond',
  infer: (_inputs, params) => outputAvals((params as unknown as Cond).whenTrue),
})

/** The condition, what the branches read, and the branches. */
function parts({ inputs, params }: { inputs: readonly Tensor[]; params: object }) {
  const { whenTrue, whenFalse } = params as Cond
  const [condition, ...operands] = inputs as readonly [Tensor, ...Tensor[]]
  return { condition, operands, branches: [whenTrue, whenFalse] as const }
}

function chosen(
  condition: Tensor,
  [yes, no]: readonly [Program, Program],
  operands: readonly Tensor[],
  emit: (program: Program, operands: readonly Tensor[]) => readonly Tensor[],
) {
  return emitCond(
    condition,
    inputs => emit(yes, inputs),
    inputs => emit(no, inputs),
    operands,
  )
}

/** The branch that ran is run again, and cotangents are pulled back through it. */
function condPullback(site: Site): readonly (Tensor | undefined)[] {
  const { condition, operands, branches } = parts(site)
  const [, ...wanted] = site.wanted
  const given = site.cts.map(Boolean)
  const all = [...operands, ...present(site.cts)]
  const cts = chosen(condition, branches, all, (branch, inputs) => {
    const program = withoutRepetitions(branch)
    const own = inputs.slice(0, operands.length)
    const ctsOut = spread(given, inputs.slice(own.length))
    const pulled = pullback(program, replay(program, own), ctsOut, wanted, { alongLines: true })
    return present(own.map((x, k) => (wanted[k] ? (pulled[k] ?? zerosLike(x)) : undefined)))
  })
  return [undefined, ...spread(wanted, cts)]
}

function condPushforward(site: TangentSite): readonly (Tensor | undefined)[] {
  const { condition, operands, branches } = parts(site)
  const [, ...tangents] = site.tangents
  const reached = branches.map(program => {
    const found = dependent(program, tangents.map(Boolean), 'derivatives')
    return program.outputs.map(value => found[value] === true)
  })
  const either = site.outputs.map((_, k) => reached.some(branch => branch[k]))
  const given = tangents.map(Boolean)
  const all = [...operands, ...present(tangents)]
  const ts = chosen(condition, branches, all, (program, inputs) => {
    const own = inputs.slice(0, operands.length)
    const values = replay(program, own)
    const pushed = pushforward(program, values, spread(given, inputs.slice(own.length)))
    const out = program.outputs.map(value => values[value] as Tensor)
    return present(out.map((x, k) => (either[k] ? (pushed[k] ?? zerosLike(x)) : undefined)))
  })
  return spread(either, ts)
}

/** With one condition for all, a choice of batches; with one for each element, both branches, and a choice of elements. */
function condBatch(site: BatchSite): readonly Tensor[] {
  const { condition, operands, branches } = parts(site)
  const [each, ...batched] = site.batched
  const { size } = site
  const all = (program: Program, inputs: readonly Tensor[]) => {
    const own = inputs.map((tensor, k): Batched => ({ tensor, batched: batched[k] === true }))
    return batch(program, own, size).map(out => withBatch(out, size))
  }
  if (!each) return chosen(condition, branches, operands, all)
  const [yes, no] = [all(branches[0], operands), all(branches[1], operands)]
  return yes.map((x, k) => where(forEach(condition, x), x, no[k] as Tensor))
}

/** A condition for each element of a batch, as it broadcasts over a tensor of that batch. */
export const forEach = (condition: Tensor, x: Tensor): Tensor =>
  reshape(condition, [condition.size, ...x.shape.slice(1).map(() => 1)])

defineRule('cond', { pullback: condPullback, pushforward: condPushforward, batch: condBatch })
