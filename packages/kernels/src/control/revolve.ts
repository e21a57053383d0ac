/**
 * Reverses a sequence of steps from snapshots of its states: Revolve (Griewank & Walther, Algorithm 799, ACM TOMS 26(1),
 * 2000). With s snapshots, the one at the start included, n steps cost t(n, s) = r·n − C(s+r, r−1) steps forward, the
 * fewest possible, where C(s+r−1, s) < n ≤ C(s+r, s). States at every so many steps may be at hand from the start; then
 * each stretch between them is reversed so.
 *
 * What a step back reads may be kept (residuals), not only the states before steps. Then what Revolve reverses is groups of
 * steps: a group runs forward once more, keeping the residuals of all of its steps, and then back. Residuals of the last
 * steps of all may be at hand from the start. Such schedules that mix states and residuals are those of Maddison, On the
 * implementation of checkpointing with high-level algorithmic differentiation, 2024, and, for chains of steps that differ,
 * of Beaumont, Eyraud-Dubois, Herrmann, Joly & Shilova, 2021.
 */
import type { KernelCall } from '../assemble.js'
import type { Kernel } from '../kernel.js'
import {
  type Expr,
  type Func,
  type FunctionBuilder,
  f64,
  i32,
  type Local,
  type ModuleBuilder,
} from '../wasm/index.js'
import { defineThinned, THINNING } from './thinning.js'

type Int = Local<'i32'>

/** What {@link revolve} goes back from. */
export interface RevolveSpec {
  /**
   * States before steps; states and, in groups of steps, residuals; or, after a loop of unknown length, states in records that
   * `repeatThinning` wrote.
   */
  readonly from: 'states' | 'residuals' | 'records'
}

const FROM_STATES = ['advance', 'pull', 'save', 'load', 'begin'] as const
const FROM_RESIDUALS = [...FROM_STATES, 'keep', 'fetch', 'fetchKept'] as const

/** A list of calls of {@link revolve}. */
export type RevolveList = (typeof FROM_RESIDUALS)[number]

/**
 * The lists of calls of {@link revolve}, in order.
 *
 * @example
 * revolveLists({ from: 'states' }) // → ['advance', 'pull', 'save', 'load', 'begin']
 */
export const revolveLists = ({ from }: RevolveSpec): readonly RevolveList[] =>
  from === 'residuals' ? FROM_RESIDUALS : FROM_STATES

const KEYS = { states: '', residuals: ':residuals', records: ':open' } as const

const COUNTS = {
  states: { inputs: 5, outputs: 4 },
  residuals: { inputs: 7, outputs: 5 },
  records: { inputs: 6, outputs: 5 },
} as const

interface CommonOperands {
  /** Snapshots beside the states at hand. */
  readonly snapshots: number
  /** Whether rows are counted from the last. Default false. */
  readonly fromLast?: boolean
  /**
   * Whether the state at the beginning of a stretch is held as one of the snapshots, of which there then is at least one.
   * Default false.
   */
  readonly held?: boolean
  /** Address of the row of a step. */
  readonly row: number
  /** Address of the place of a snapshot. */
  readonly place: number
  /** Address of room for an i32 for each snapshot. */
  readonly positions: number
}

interface StatesOperands extends CommonOperands {
  readonly steps: number
  /** Steps between states at hand. */
  readonly every: number
  /** Address of the number of a stretch. */
  readonly stretch: number
}

interface ResidualsOperands extends StatesOperands {
  /** Steps of a group, which divide those between states at hand. */
  readonly size: number
  /** How many of the last steps have residuals at hand. */
  readonly kept: number
  /** Address of the place of residuals. */
  readonly slot: number
}

interface RecordsOperands extends CommonOperands {
  readonly records: number
  /** Steps between records at first. */
  readonly every: number
  /** Blocks of a record. */
  readonly blocks: number
  /** Address of the block of the record of a stretch. */
  readonly block: number
  /** Address of the table that `repeatThinning` wrote. */
  readonly table: number
}

/** Numbers that {@link revolve} goes by, and addresses of what its lists read. */
export type RevolveOperands =
  | ({ readonly from: 'states' } & StatesOperands)
  | ({ readonly from: 'residuals' } & ResidualsOperands)
  | ({ readonly from: 'records' } & RecordsOperands)

/**
 * The operands of {@link revolve} in order.
 *
 * @example
 * const at = { row: 0, place: 4, stretch: 8, positions: 16 }
 * revolveOperands({ from: 'states', steps: 9, every: 9, snapshots: 2, ...at }).inputs // → [9, 9, 2, 0, 0]
 */
export function revolveOperands(operands: RevolveOperands): Pick<KernelCall, 'inputs' | 'outputs'> {
  const { every, snapshots, fromLast = false, held = false, row, place, positions } = operands
  const common = [every, snapshots, fromLast ? 1 : 0, held ? 1 : 0]
  switch (operands.from) {
    case 'states':
      return { inputs: [operands.steps, ...common], outputs: [row, place, operands.stretch, positions] }
    case 'residuals': {
      const { steps, size, kept, stretch, slot } = operands
      return { inputs: [steps, ...common, size, kept], outputs: [row, place, stretch, slot, positions] }
    }
    case 'records': {
      const { records, blocks, block, table } = operands
      return { inputs: [records, ...common, blocks], outputs: [row, place, block, table, positions] }
    }
  }
}

/**
 * Runs its lists so that steps n − 1, …, 0 are pulled back; its operands are {@link revolveOperands}.
 *
 * Lists: `advance` makes the state before a step the one after it; `save` and `load` bring the state to and from the place of
 * a snapshot; `begin` brings the state at the beginning of a stretch. From states alone, `pull` pulls back through a step from
 * the state before it. With residuals, `keep` advances and keeps those of the step; `fetch` and `fetchKept` bring residuals of
 * a step of a group, or at hand from the start; and `pull` pulls back from these.
 *
 * @example
 * revolve({ from: 'residuals' }).lists // → 8
 */
export const revolve = (spec: RevolveSpec): Kernel => ({
  key: `revolve${KEYS[spec.from]}`,
  ...COUNTS[spec.from],
  scratchBytes: 0,
  flops: 0,
  lists: revolveLists(spec).length,
  emit({ module, f, inputs, outputs, run: runList }) {
    const [, , snapshots, fromLast, held] = inputs as readonly [Int, Int, Int, Int, Int]
    const residuals = spec.from === 'residuals'
    const { steps, every, begins } =
      spec.from === 'records'
        ? overOpen(module, f, inputs, outputs.at(-2) as Int)
        : { steps: inputs[0] as Int, every: inputs[1] as Int, begins: (k: Expr<'i32'>) => k }
    const [row, place, stretch] = outputs as readonly [Int, Int, Int]
    const [size, kept] = residuals ? (inputs.slice(5) as [Int, Int]) : [f.int(1), f.int(0)]
    const slot = residuals ? (outputs[3] as Int) : undefined
    const positions = outputs.at(-1) as Int
    const run = (list: RevolveList) => {
      const index = revolveLists(spec).indexOf(list)
      if (index >= 0) runList(index)
    }
    const split = defineSplit(module)
    const position = (k: Expr<'i32'>) => i32.add(positions, i32.mul(k, 4))
    const [begin, end, count, at, to] = [f.int(0), f.int(0), f.int(0), f.int(0), f.int(0)]
    const [last, step, without] = [f.int(0), f.int(0), f.int(0)]
    const before = (k: Int) => i32.sub(k, 1)
    const setRow = (step: Int, first?: Int) => {
      f.do(i32.store(row, step))
      f.if(fromLast, () => f.do(i32.store(row, i32.sub(before(steps), step))))
      if (slot && first) f.do(i32.store(slot, i32.sub(step, first)))
    }
    const pullBack = (from: Int, first: Int, fetch: RevolveList) => {
      f.set(step, from)
      f.while(i32.gtU(step, first), () => {
        f.set(step, before(step))
        setRow(step, first)
        run(fetch)
        run('pull')
      })
    }
    const save = (step: Int) => {
      f.do(i32.store(place, count))
      run('save')
      f.do(i32.store(position(count), step))
      f.increase(count, 1)
    }
    f.set(without, i32.sub(steps, kept))
    if (residuals) pullBack(steps, without, 'fetchKept')
    f.set(begin, i32.mul(i32.divU(before(f.int(i32.add(without, every))), every), every))
    f.while(i32.gtU(begin, 0), () => {
      f.increase(begin, i32.sub(0, every))
      f.do(i32.store(stretch, begins(i32.divU(begin, every))))
      f.set(end, i32.add(begin, every))
      f.if(i32.gtU(end, without), () => f.set(end, without))
      f.set(count, i32.const(0))
      f.while(i32.gtU(end, begin), () => {
        // From the latest snapshot, whose state is that before the step `at` …
        f.if(
          count,
          () => {
            f.do(i32.store(place, before(count)))
            run('load')
            f.set(at, i32.load(position(before(count))))
          },
          () => {
            run('begin')
            f.set(at, begin)
            f.if(held, () => save(begin))
          },
        )
        // … to the last group that is not reversed yet, with further snapshots on the way.
        f.set(last, i32.add(at, i32.mul(i32.divU(i32.sub(before(end), at), size), size)))
        f.while(i32.ltU(at, last), () => {
          f.set(to, last)
          f.if(i32.ltU(count, snapshots), () => {
            const groups = i32.add(i32.divU(i32.sub(last, at), size), 1)
            f.setAll([to], split, [groups, i32.add(i32.sub(snapshots, count), 1)])
            f.set(to, i32.add(at, i32.mul(to, size)))
          })
          f.while(i32.ltU(at, to), () => {
            setRow(at)
            run('advance')
            f.increase(at, 1)
          })
          f.if(i32.ltU(at, last), () => {
            save(at)
          })
        })
        if (residuals) {
          f.set(step, at)
          f.while(i32.ltU(step, end), () => {
            setRow(step, at)
            run('keep')
            f.increase(step, 1)
          })
        }
        pullBack(end, at, 'fetch')
        f.set(end, at)
        f.if(count, () =>
          f.if(i32.geU(i32.load(position(before(count))), end), () => f.set(count, before(count))),
        )
      })
    })
  },
})

/** Steps of an open loop, steps between its records, and where those are. */
function overOpen(module: ModuleBuilder, f: FunctionBuilder, inputs: readonly Int[], table: Int) {
  const [records, distance] = inputs as readonly [Int, Int]
  const blocks = inputs.at(-1) as Int
  const [steps, level] = [f.int(i32.load(table, THINNING.steps)), f.int(i32.load(table, THINNING.level))]
  const place = f.int(0)
  const begins = (k: Expr<'i32'>) => {
    f.setAll([place], defineThinned(module), [k, level, records])
    return i32.add(i32.load(table, THINNING.base), i32.mul(place, blocks))
  }
  return { steps, every: f.int(i32.shl(distance, level)), begins }
}

/**
 * How far to go from a snapshot before the next: β(s, r−1), or as far as leaves β(s−1, r−1) steps, with β(s, r) = C(s+r, s)
 * and β(s, r−1) < steps ≤ β(s, r).
 */
export function defineSplit(module: ModuleBuilder): Func {
  return module.define('revolve:split', ['i32', 'i32'], ['i32'], (f, steps, snapshots) => {
    const [n, s] = [f.local(f64.convertI32S(steps)), f.local(f64.convertI32S(snapshots))]
    // β(s, r−1) and β(s, r), from r = 1 on.
    const r = f.local(f64.const(1))
    const before = f.local(f64.const(1))
    const beta = f.local(f64.add(s, f64.const(1)))
    f.while(f64.lt(beta, n), () => {
      f.set(before, beta)
      f.set(r, f64.add(r, f64.const(1)))
      f.set(beta, f64.div(f64.mul(beta, f64.add(s, r)), r))
    })
    const left = f64.div(f64.mul(before, s), f64.sub(f64.add(s, r), f64.const(1)))
    f.result(i32.truncF64S(f64.min(before, f64.sub(n, left))))
  })
}

/**
 * β(s, r) = C(s+r, s): the most steps that s snapshots reverse with each step run forward at most r times.
 *
 * @example
 * mostSteps(3, 2) // → 10
 */
export function mostSteps(snapshots: number, repetitions: number): number {
  let beta = 1
  for (let k = 1; k <= repetitions; k++) beta = (beta * (snapshots + k)) / k
  return Math.round(beta)
}

/**
 * Fewest steps forward with which n steps are reversed from s snapshots, the one at the start included:
 * t(n, s) = r·n − C(s+r, r−1).
 *
 * @example
 * forwardSteps(10, 3) // → 15
 * forwardSteps(10, 10) // → 9
 */
export function forwardSteps(steps: number, snapshots: number): number {
  if (steps <= 1) return 0
  if (snapshots === 1) return (steps * (steps - 1)) / 2
  // β(s, r) and β(s+1, r−1), from r = 1 on.
  let repetitions = 1
  let [reached, saved] = [snapshots + 1, 1]
  while (reached < steps) {
    saved = (saved * (snapshots + 1 + repetitions)) / repetitions
    repetitions++
    reached = (reached * (snapshots + repetitions)) / repetitions
  }
  return repetitions * steps - Math.round(saved)
}

/** How {@link revolve} reverses the steps that have no residuals at hand. */
export interface RevolveSchedule {
  readonly steps: number
  /** Steps between states at hand: a multiple of `size`. */
  readonly every: number
  /** Steps of a group. */
  readonly size: number
  /** Snapshots beside the states at hand. */
  readonly snapshots: number
}

/**
 * How many times {@link revolve} runs its list `advance`: m·t(⌈n/m⌉, s+1) for each stretch of n steps in groups of m.
 *
 * @example
 * advancedSteps({ steps: 40, every: 40, size: 4, snapshots: 2 }) // → 60
 */
export function advancedSteps({ steps, every, size, snapshots }: RevolveSchedule): number {
  const stretch = (steps: number) => size * forwardSteps(Math.ceil(steps / size), snapshots + 1)
  return Math.floor(steps / every) * stretch(every) + stretch(steps % every)
}

/**
 * How many times {@link revolve} runs its list `begin` in a stretch of n groups, where it does not hold the state: once for the
 * last group, and once for all before the first snapshot, whose number falls from r to r − 1 where β(s+1, r−1) < n ≤ β(s+1, r).
 *
 * @example
 * beginnings(10, 0) // → 10
 * beginnings(10, 3) // → 3
 */
export function beginnings(groups: number, snapshots: number): number {
  if (groups === 0 || snapshots === 0) return groups
  let [beta, repetitions] = [1, 0]
  while (beta < groups) {
    repetitions++
    beta = (beta * (snapshots + 1 + repetitions)) / repetitions
  }
  return repetitions + 1
}
