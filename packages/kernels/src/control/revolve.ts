/**
 * Reverses a sequence of steps from snapshots of its states: Revolve (Griewank & Walther, Algorithm 799, ACM TOMS 26(1),
 * 2000). With s snapshots, the one at the start included, n steps cost t(n, s) = r·n − C(s+r, r−1) steps forward, the
 * fewest possible, where C(s+r−1, s) < n ≤ C(s+r, s). States at every so many steps may be at hand from the start; then
 * each stretch between them is reversed so.
 */
import type { Kernel } from '../kernel.js'
import { type Expr, type Func, f64, i32, type Local, type ModuleBuilder } from '../wasm/index.js'

type Int = Local<'i32'>

/** Lists of calls of {@link revolve}, in order. */
export const REVOLVE_LISTS = { advance: 0, reverse: 1, save: 2, load: 3, begin: 4 } as const

/**
 * Runs its lists so that steps n − 1, …, 0 are reversed, each from the state before it. Its inputs are numbers, not
 * addresses: steps n, steps between states at hand, snapshots beside those, whether rows are counted from the last, and
 * whether the state at the beginning of a stretch is held as one of the snapshots, of which there then is at least one.
 * Its outputs are what its lists read: the row of a step, the place of a snapshot, the number of a stretch; and room for
 * an i32 for each snapshot.
 *
 * Lists: `advance` makes the state before a step the one after it; `reverse` reverses a step from the state before it;
 * `save` and `load` bring the state to and from the place of a snapshot; `begin` brings the state at the beginning of a
 * stretch.
 *
 * @example
 * revolve().lists // → 5
 */
export const revolve = (): Kernel => ({
  key: 'revolve',
  inputs: 5,
  outputs: 4,
  scratchBytes: 0,
  flops: 0,
  lists: 5,
  emit({ module, f, inputs, outputs, run }) {
    const [steps, every, snapshots, fromLast, held] = inputs as readonly [Int, Int, Int, Int, Int]
    const [row, place, stretch, positions] = outputs as readonly [Int, Int, Int, Int]
    const split = defineSplit(module)
    const setRow = (step: Expr<'i32'>) => {
      f.do(i32.store(row, step))
      f.if(fromLast, () => f.do(i32.store(row, i32.sub(i32.sub(steps, 1), step))))
    }
    const position = (k: Expr<'i32'>) => i32.add(positions, i32.mul(k, 4))
    const [begin, end, count, at, to] = [f.int(0), f.int(0), f.int(0), f.int(0), f.int(0)]
    const last = (k: Int) => i32.sub(k, 1)
    const save = (step: Int) => {
      f.do(i32.store(place, count))
      run(REVOLVE_LISTS.save)
      f.do(i32.store(position(count), step))
      f.increase(count, 1)
    }
    f.set(begin, i32.mul(i32.divU(i32.sub(i32.add(steps, every), 1), every), every))
    f.while(i32.gtU(begin, 0), () => {
      f.increase(begin, i32.sub(0, every))
      f.do(i32.store(stretch, i32.divU(begin, every)))
      f.set(end, i32.add(begin, every))
      f.if(i32.gtU(end, steps), () => f.set(end, steps))
      f.set(count, i32.const(0))
      f.while(i32.gtU(end, begin), () => {
        // From the latest snapshot, whose state is that before the step `at` …
        f.if(
          count,
          () => {
            f.do(i32.store(place, last(count)))
            run(REVOLVE_LISTS.load)
            f.set(at, i32.load(position(last(count))))
          },
          () => {
            run(REVOLVE_LISTS.begin)
            f.set(at, begin)
            f.if(held, () => save(begin))
          },
        )
        // … to the last step that is not reversed yet, with further snapshots on the way.
        f.while(i32.ltU(at, last(end)), () => {
          f.set(to, last(end))
          f.if(i32.ltU(count, snapshots), () => {
            const free = i32.add(i32.sub(snapshots, count), 1)
            f.setAll([to], split, [i32.sub(end, at), free])
            f.increase(to, at)
          })
          f.while(i32.ltU(at, to), () => {
            setRow(at)
            run(REVOLVE_LISTS.advance)
            f.increase(at, 1)
          })
          f.if(i32.ltU(at, last(end)), () => save(at))
        })
        setRow(at)
        run(REVOLVE_LISTS.reverse)
        f.set(end, at)
        f.if(count, () =>
          f.if(i32.geU(i32.load(position(last(count))), end), () => f.set(count, last(count))),
        )
      })
    })
  },
})

/**
 * How far to go from a snapshot before the next: β(s, r−1), or as far as leaves β(s−1, r−1) steps, with β(s, r) = C(s+r, s)
 * and β(s, r−1) < steps ≤ β(s, r).
 */
function defineSplit(module: ModuleBuilder): Func {
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

/**
 * How often {@link revolve} brings the state at the beginning of a stretch of so many steps that is not held: once for itself,
 * and once for all before the first snapshot.
 *
 * @example
 * beginnings(10, 0) // → 10
 * beginnings(10, 3) // → 2
 */
export function beginnings(steps: number, snapshots: number): number {
  if (snapshots === 0) return steps
  let count = 0
  for (let left = steps; left > 0; left = left > 1 ? firstSplit(left, snapshots + 1) : 0) count++
  return count
}

/** As `revolve:split`. */
function firstSplit(steps: number, snapshots: number): number {
  let [before, beta, r] = [1, snapshots + 1, 1]
  while (beta < steps) {
    before = beta
    r++
    beta = (beta * (snapshots + r)) / r
  }
  return Math.trunc(Math.min(before, steps - (before * snapshots) / (snapshots + r - 1)))
}
