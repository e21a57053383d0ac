import { type Batched, batch, dependent, pullback, pushforward, replay, withBatch } from '../derive/index.js'
import {
  type BatchSite,
  defineRule,
  reshape,
  type Site,
  type TangentSite,
  where,
  zerosLike,
} from '../ops/index.js'
import { type Aval, type Control, type Program, paramsOf, registerOp } from '../program/index.js'
import { apply, type Tensor } from '../record/index.js'
import { outputAvals, recordClosed, together } from './closed.js'
import { present, spread } from './spread.js'

type Cond = Control & { readonly kind: 'cond' }

/** Makes a list of tensors. */
export type Branch = () => readonly Tensor[]

/** Told of what the branches give before anything is recorded. */
export type CheckBranches = (whenTrue: readonly Aval[], whenFalse: readonly Aval[]) => void

/** Records, or computes, a choice between two lists of tensors. */
export function emitCond(
  condition: Tensor,
  whenTrue: Branch,
  whenFalse: Branch,
  check: CheckBranches = () => {},
): readonly Tensor[] {
  const closed = [whenTrue, whenFalse].map(branch => recordClosed(branch, []))
  const { programs, outside } = together(closed)
  const [yes, no] = programs as [Program, Program]
  check(outputAvals(yes), outputAvals(no))
  return apply('cond', [condition, ...outside], paramsOf({ kind: 'cond', whenTrue: yes, whenFalse: no }))
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
  emit: (program: Program) => readonly Tensor[],
) {
  return emitCond(
    condition,
    () => emit(yes),
    () => emit(no),
  )
}

/** The branch that ran is run again, and cotangents are pulled back through it. */
function condPullback(site: Site): readonly (Tensor | undefined)[] {
  const { condition, operands, branches } = parts(site)
  const [, ...wanted] = site.wanted
  const cts = chosen(condition, branches, program => {
    const pulled = pullback(program, replay(program, operands), site.cts, wanted)
    return present(operands.map((x, k) => (wanted[k] ? (pulled[k] ?? zerosLike(x)) : undefined)))
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
  const ts = chosen(condition, branches, program => {
    const values = replay(program, operands)
    const pushed = pushforward(program, values, tangents)
    return present(
      program.outputs.map((value, k) =>
        either[k] ? (pushed[k] ?? zerosLike(values[value] as Tensor)) : undefined,
      ),
    )
  })
  return spread(either, ts)
}

/** With one condition for all, a choice of batches; with one for each element, both branches, and a choice of elements. */
function condBatch(site: BatchSite): readonly Tensor[] {
  const { condition, operands, branches } = parts(site)
  const [each, ...batched] = site.batched
  const { size } = site
  const inputs = operands.map((tensor, k): Batched => ({ tensor, batched: batched[k] === true }))
  const all = (program: Program) => batch(program, inputs, size).map(out => withBatch(out, size))
  if (!each) return chosen(condition, branches, all)
  const [yes, no] = [all(branches[0]), all(branches[1])]
  return yes.map((x, k) => where(forEach(condition, x), x, no[k] as Tensor))
}

/** A condition for each element of a batch, as it broadcasts over a tensor of that batch. */
export const forEach = (condition: Tensor, x: Tensor): Tensor =>
  reshape(condition, [condition.size, ...x.shape.slice(1).map(() => 1)])

defineRule('cond', { pullback: condPullback, pushforward: condPushforward, batch: condBatch })
