/** What is kept of loops within a budget: the same bits, never more bytes than given, and less work with more of them. */
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  controlOf,
  cumsum,
  dataOf,
  directoryStore,
  type Executable,
  forLoop,
  grad,
  jvp,
  matmul,
  type Program,
  record,
  scan,
  simplify,
  split,
  type Tensor,
  type Tree,
  tensor,
  transpose,
  valueAndGrad,
} from '../index.js'
import { plan } from '../plan/index.js'
import { foldViews, KeptLoops, mergeLoops } from '../rewrite/index.js'
import { ARENA_LIMIT_BYTES, pageCeil } from './arena.js'
import { enclosing, instructionCosts, lower } from './lower.js'
import { Regions } from './region.js'
import { schedulesOf } from './schedules.js'
import { Reversing, type Way } from './ways.js'

const wave = (shape: readonly number[], rate = 1) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => 0.4 * Math.sin(1 + rate * k)),
    { shape },
  )

type State = { readonly h: Tensor; readonly c: Tensor }

/** A step of an LSTM, with gates side by side. */
function cell(w: Tensor, { h, c }: State, x: Tensor): State {
  const [f, i, g, o] = split(matmul(h, w).add(x), 4, { axis: 1 }) as [Tensor, Tensor, Tensor, Tensor]
  const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
  return { h: o.sigmoid().mul(next.tanh()), c: next }
}

const lstm =
  (options: { readonly reverse?: boolean } = {}) =>
  (w: Tensor, h: Tensor, xs: Tensor): Tensor => {
    const step = (s: State, x: Tensor): readonly [State, Tensor] => {
      const next = cell(w, s, x)
      return [next, next.h.sum()]
    }
    const [last, sums] = scan(step, { h, c: h.mul(0.5) }, xs, options)
    return last.h.square().sum().add(sums.sin().sum())
  }

/** Two f64 by Heun's method. */
const oscillator = (steps: number) => (y: Tensor, rate: Tensor) => {
  const slope = (y: Tensor) => y.flip().mul(rate).sub(y.mul(y).mul(y))
  return forLoop(
    steps,
    (_, y: Tensor) => {
      const k = slope(y)
      return y.add(k.add(slope(y.add(k.mul(0.01)))).mul(0.005))
    },
    y,
  )
    .square()
    .sum()
}

const nested = (w: Tensor, x: Tensor) =>
  scan(
    (c: Tensor, row: Tensor) => {
      const next = forLoop(6, (_, s: Tensor) => matmul(s, w).add(row).tanh(), c)
      return [next, next.mean()] as const
    },
    x,
    wave([9, 3], 0.3),
  )[1].sum()

const gradient = (f: (...inputs: Tensor[]) => Tensor, argnums: number[]) =>
  ((...inputs: Tensor[]) => ({ ...valueAndGrad(f, { argnums })(...inputs) })) as (
    ...inputs: Tensor[]
  ) => Tree<Tensor>

const f64 = (values: number[]) => tensor(values, { dtype: 'f64' })

interface Case {
  readonly f: (...inputs: Tensor[]) => Tree<Tensor>
  readonly inputs: readonly Tensor[]
}

const states = [wave([8, 32]), wave([2, 8], 0.7), wave([40, 2, 32], 0.2)]
const cases: Readonly<Record<string, Case>> = {
  'an LSTM': { f: gradient(lstm(), [0, 1, 2]), inputs: states },
  'an LSTM from the last row': { f: gradient(lstm({ reverse: true }), [0, 1]), inputs: states },
  'an oscillator': { f: gradient(oscillator(300), [0, 1]), inputs: [f64([1, 0.3]), f64([0.9, -1.1])] },
  'a loop in a loop': { f: gradient(nested, [0, 1]), inputs: [wave([3, 3]), wave([4, 3], 2)] },
  'a gradient and its tangent': {
    f: (w, h, xs) => ({
      ...jvp(
        grad((h: Tensor) => lstm()(w as Tensor, h, xs as Tensor)),
        [h as Tensor],
        [(h as Tensor).cos()],
      ),
    }),
    inputs: states,
  },
}

const programOf = ({ f, inputs }: Case): Program =>
  simplify(record((...xs: Tensor[]) => f(...xs), ...inputs.map(x => x.aval)).program)

function run(executable: Executable, inputs: readonly Tensor[], maximumBytes?: number) {
  const arena = new Arena({ maximumBytes, spill: directoryStore({ directory: tmpdir() }) })
  arena.load(executable)
  inputs.forEach((x, k) => void arena.write(k, dataOf(x)))
  arena.run()
  if (maximumBytes !== undefined) expect(arena.bytes).toBeLessThanOrEqual(maximumBytes)
  return executable.outputs.map((_, k) => arena.read(k))
}

function leastBytesOf(program: Program): number {
  try {
    compile(program, { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

/** The program with every state kept, of each loop, and each step computed again. */
const fromStates = (program: Program) =>
  new KeptLoops().of(program, () => ({ kind: 'snapshots', every: 1, snapshots: 0 }))

const total = ({ cost, extraCost }: { readonly cost: number; readonly extraCost: number }) => cost + extraCost

describe.each(Object.keys(cases))('%s', name => {
  const { inputs } = cases[name] as Case
  const program = programOf(cases[name] as Case)
  const reference = run(compile(fromStates(program)), inputs)

  test('the same bits, within the budget, and no more work than with fewer bytes', () => {
    const ample = compile(program)
    expect(run(ample, inputs)).toEqual(reference)
    const [least, most] = [leastBytesOf(program), ample.peakBytes]
    expect(() => compile(program, { memoryBytes: least - 1 })).toThrow(BudgetError)
    let before = Number.POSITIVE_INFINITY
    for (let k = 0; k <= 7; k++) {
      const memoryBytes = Math.round(least * (most / least) ** (k / 7))
      const executable = compile(program, { memoryBytes })
      expect(executable.peakBytes).toBeLessThanOrEqual(memoryBytes)
      expect(run(executable, inputs, pageCeil(memoryBytes))).toEqual(reference)
      expect(total(executable)).toBeLessThanOrEqual(before)
      before = total(executable)
    }
    expect(before).toBe(total(ample))
  })

  test('every way to keep a loop gives the same bits', () => {
    const all = [waysIn(program), waysIn(program, Number.POSITIVE_INFINITY)]
    const chosen = all.flatMap(ways =>
      ways.filter((_, k) => k % Math.ceil(ways.length / 8) === 0 || k === ways.length - 1),
    )
    for (const { kept } of chosen) {
      const choose = ({ length }: { readonly length: number }) =>
        // Ways are those of the outer loop.
        length === outerLength(program) ? kept : undefined
      expect(run(compile(new KeptLoops().of(mergeLoops(program), choose)), inputs)).toEqual(reference)
    }
  })
})

const outerLength = (program: Program): number =>
  Math.max(...program.instructions.map(one => (controlOf(one) as { readonly length?: number })?.length ?? 0))

/** The ways of the outer loop of a program. */
function waysIn(program: Program, spillBytes = 0): readonly Way[] {
  const regions = new Regions()
  let found: readonly Way[] = []
  new KeptLoops().of(mergeLoops(program), reversal => {
    const measures = {
      enclose: enclosing('ample', regions),
      instructionCosts: (inner: Program) => instructionCosts(inner, 'ample', regions),
    }
    if (reversal.length === outerLength(program))
      found = new Reversing(reversal, measures).ways(spillBytes).all
    return undefined
  })
  return found
}

/** How often a program runs an op, in loops too. */
const runsOf = (program: Program, op: string): number =>
  program.instructions.reduce((sum, instruction) => {
    const control = controlOf(instruction)
    if (control?.kind === 'scan') return sum + control.length * runsOf(control.body, op)
    return sum + (instruction.op === op ? 1 : 0)
  }, 0)

describe('residuals of all steps', () => {
  const costliest = (program: Program) => waysIn(program).at(-1)?.kept

  test('no step of a loop runs twice: one product forward, two back', () => {
    const program = programOf(cases['an LSTM'] as Case)
    const kept = new KeptLoops().of(program, () => costliest(program))
    expect(runsOf(kept, 'matmul')).toBe(3 * 40)
    expect(runsOf(fromLoops(program), 'matmul')).toBe(4 * 40)
  })

  test('nor of a loop in a loop', () => {
    const program = programOf(cases['a loop in a loop'] as Case)
    const regions = new Regions()
    const kept = new KeptLoops().of(program, reversal => {
      const measures = {
        enclose: enclosing('ample', regions),
        instructionCosts: (inner: Program) => instructionCosts(inner, 'ample', regions),
      }
      return new Reversing(reversal, measures).ways(0).all.at(-1)?.kept
    })
    expect(runsOf(kept, 'matmul')).toBe(3 * 9 * 6)
  })

  test('nor a product of a matrix that is transposed for something else as well', () => {
    const step = (w: Tensor, y: Tensor) => {
      const t = transpose(y)
      const p = transpose(matmul(t, w).sin())
      return matmul(w, p)
        .add(transpose(cumsum(t, { axis: 0 })))
        .mul(1e-3)
    }
    const loss = (y: Tensor, w: Tensor) =>
      forLoop(12, (_, y: Tensor) => step(w, y), y)
        .square()
        .sum()
    const { program } = record(
      (y: Tensor, w: Tensor) => grad(loss)(y, w),
      ...[
        { dtype: 'f32' as const, shape: [40, 40] },
        { dtype: 'f32' as const, shape: [40, 16] },
      ],
    )
    const folded = foldViews(mergeLoops(simplify(program)))
    const kept = new KeptLoops().of(folded, () => costliest(folded))
    // Two forward and two back; one of those that go back is of what is computed again otherwise.
    expect(runsOf(kept, 'matmul') + runsOf(kept, 'stridedMatmul')).toBe(4 * 12)
  })

  test('are the outputs of the gates, with the state: of each gate one value, not what goes in and what comes out', () => {
    const program = programOf(cases['an LSTM'] as Case)
    const kept = costliest(program)
    expect(kept?.kind).toBe('residuals')
    if (kept?.kind === 'residuals') expect(kept.residuals.length).toBeLessThanOrEqual(7)
  })

  const fromLoops = (program: Program) => simplify(program)
})

describe('mixed schedules', () => {
  const inputs = [wave([32, 128]), wave([4, 32]), wave([200, 4, 128])]
  const program = programOf({ f: gradient(lstm(), [0, 1, 2]), inputs })
  const [least, most] = [leastBytesOf(program), compile(program).peakBytes]

  /** The cheapest plan within a budget among those from snapshots of states alone. */
  function fromSnapshots(memoryBytes: number): number {
    const costs = schedulesOf(200).single.flatMap(({ every, snapshots }) => {
      const rewritten = new KeptLoops().of(program, () => ({ kind: 'snapshots', every, snapshots }))
      const found = plan(lower(rewritten, []).graph)
      return found.peakBytes + found.recordBytes <= memoryBytes ? [total(found)] : []
    })
    return Math.min(...costs)
  }

  test.each([0.2, 0.3, 0.5, 0.7, 0.9])('cost less than Revolve, at %f of the way to ample bytes', share => {
    const memoryBytes = Math.round(least + share * (most - least))
    expect(total(compile(program, { memoryBytes }))).toBeLessThan(fromSnapshots(memoryBytes))
  })
})

test.each([0, Number.POSITIVE_INFINITY])(
  'estimated costs of ways are those of the lowered programs, with a store of %s bytes',
  spillBytes => {
    const program = programOf(cases['an LSTM'] as Case)
    const ways = waysIn(program, spillBytes)
    expect(ways.some(({ spilledBytes }) => spilledBytes > 0)).toBe(spillBytes > 0)
    const lowered = ({ kept }: Way) =>
      total(
        plan(
          lower(
            new KeptLoops().of(program, () => kept),
            [],
          ).graph,
        ),
      )
    const [first] = ways as readonly [Way]
    for (const way of ways) {
      const difference = lowered(way) - lowered(first)
      expect(Math.abs(difference - (way.cost - first.cost))).toBeLessThanOrEqual(1e-9 * first.cost)
    }
  },
)

test('a loop and the tangents of it are one loop, and so are their pullbacks', () => {
  const program = programOf(cases['a gradient and its tangent'] as Case)
  const scans = (one: Program) => one.instructions.filter(({ op }) => op === 'scan').length
  expect([scans(program), scans(mergeLoops(program))]).toEqual([4, 2])
})

test('without a budget a long loop takes no more than an arena may have', () => {
  const f = (x: Tensor) => grad((x: Tensor) => forLoop(300_000, (_, s: Tensor) => s.sin(), x).sum())(x)
  const { program } = record(f, wave([8192]).aval)
  expect(compile(simplify(program)).peakBytes).toBeLessThanOrEqual(ARENA_LIMIT_BYTES)
})
