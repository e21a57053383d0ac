import {
  type ConformanceCase,
  conformanceCases,
  groupBy,
  sample,
  toPlain,
  toTensor,
  weights,
} from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import { batch, pullback, pushforward, replay } from '../derive/index.js'
import { mul, stack, sum } from '../ops/index.js'
import { isFloat, type Program } from '../program/index.js'
import { record, type Tensor } from '../record/index.js'
import { grad } from './grad.js'

// Pullbacks are checked against finite differences elsewhere; what is left is that the other rules agree with them.

const small = conformanceCases().filter(
  ({ operands }) =>
    operands.some(({ dtype }) => dtype === 'f64') &&
    operands.every(({ shape }) => shape.reduce((product, length) => product * length, 1) < 40),
)
const differentiable = small.filter(test => test.differentiable)
// Ops without derivatives are mapped over batches too; specials do not come in twos.
const constant = small.filter(test => !test.differentiable && !test.name.endsWith('special values'))

const inner = (x: Tensor | undefined, y: Tensor): number =>
  x ? toPlain(sum(mul(x, y))).values.reduce((total, value) => total + value, 0) : 0

/** ⟨ȳ, Jẋ⟩ by the pushforward and ⟨Jᵀȳ, ẋ⟩ by the pullback. */
function adjoint(program: Program, inputs: readonly Tensor[]): [number, number] {
  const values = replay(program, inputs)
  const outs = program.outputs.map(value => values[value] as Tensor)
  const tangents = inputs.map((x, k) => (isFloat(x.dtype) ? weights(x.shape, 31 + k) : undefined))
  const cts = outs.map((x, k) => weights(x.shape, 57 + k))
  const pushed = pushforward(program, values, tangents)
  const wanted = tangents.map(t => t !== undefined)
  const pulled = pullback(program, values, cts, wanted)
  return [
    pushed.reduce((total, t, k) => total + inner(t, cts[k] as Tensor), 0),
    tangents.reduce((total, t, k) => total + (t ? inner(pulled[k], t) : 0), 0),
  ]
}

/** Runs a program on a batch of two, in which the operands of some positions are batched; then one by one. */
function mapped(
  program: Program,
  rows: readonly (readonly Tensor[])[],
  which: (position: number) => boolean,
) {
  const [first, second] = rows as readonly [readonly Tensor[], readonly Tensor[]]
  const inputs = first.map((tensor, k) =>
    which(k) ? { tensor: stack([tensor, second[k] as Tensor]), batched: true } : { tensor, batched: false },
  )
  const outs = batch(program, inputs, 2).map(({ tensor, batched }) =>
    batched ? toPlain(tensor).values : [tensor, tensor].flatMap(one => toPlain(one).values),
  )
  const single = rows.map(row => {
    const values = replay(
      program,
      row.map((x, k) => (which(k) ? x : (first[k] as Tensor))),
    )
    return program.outputs.map(value => toPlain(values[value] as Tensor).values)
  })
  return { outs, single: outs.map((_, k) => single.flatMap(row => row[k] as readonly number[])) }
}

/** Compares batches of all operands, and of each alone, with single elements. */
function checkBatches(test: ConformanceCase, program: Program, rows: readonly (readonly Tensor[])[]): void {
  const positions = test.operands.map((_, position) => position)
  const which = positions.length > 1 ? [positions, ...positions.map(position => [position])] : [positions]
  for (const some of which) {
    const { outs, single } = mapped(program, rows, position => some.includes(position))
    const same = outs.every((values, k) =>
      values.every((value, at) => close(value, single[k]?.[at] as number)),
    )
    expect(same, `${test.name}: ${JSON.stringify(outs)} = ${JSON.stringify(single)}`).toBe(true)
  }
}

const samplesOf = ({ operands, domain }: ConformanceCase) =>
  [1, 2].map(seed => sample(operands, domain, seed).map(toTensor))

/** The program of a case, and that of its gradient. */
function programsOf(test: ConformanceCase) {
  const { run } = test
  const rows = samplesOf(test)
  const args = rows[0] as Tensor[]
  const argnums = args.flatMap(({ dtype }, k) => (isFloat(dtype) ? [k] : []))
  const loss = (...xs: Tensor[]) => {
    const out = run(...xs)
    return sum(mul(mul(out, out), weights(out.shape)))
  }
  const gradient = record((...xs: Tensor[]) => grad(loss, { argnums })(...xs), ...args)
  return { rows, programs: [record(run, ...args).program, gradient.program] }
}

const close = (got: number, want: number) =>
  Object.is(got, want) || Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want))

describe.each([...groupBy(differentiable, ({ op }) => op)])('%s', (_op, own) => {
  it('has a pushforward that is the adjoint of its pullback, and so has its gradient', () => {
    for (const test of own) {
      const { rows, programs } = programsOf(test)
      for (const program of programs) {
        const [pushed, pulled] = adjoint(program, rows[0] as Tensor[])
        expect(close(pushed, pulled), `${test.name}: ${pushed} = ${pulled}`).toBe(true)
      }
    }
  })

  it('gives for a batch what it gives for each element, and so does its gradient', () => {
    for (const test of own) {
      const { rows, programs } = programsOf(test)
      for (const program of programs) checkBatches(test, program, rows)
    }
  })
})

it('an op without derivatives gives for a batch what it gives for each element', () => {
  for (const test of constant) {
    const rows = samplesOf(test)
    checkBatches(test, record(test.run, ...(rows[0] as Tensor[])).program, rows)
  }
})
