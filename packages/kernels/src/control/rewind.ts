/**
 * Reverses a loop whose number of steps is known only when it has ended, from s states, the first one included. While it
 * runs, states are kept so that up to then no step need be run more often than is inevitable: r times in all where
 * β(s, r−1) ≤ n < β(s, r) = C(s+r, s) (Wang, Moin & Iaccarino 2009, SIAM J. Sci. Comput. 31(4)). Up to r = 2 no method
 * that knows n runs fewer steps again (Stumm & Walther 2010, SIAM J. Sci. Comput. 32(2)): with the end of the loop as one
 * more state at hand, they are t(n+1, s) − n, see `forwardSteps`. For larger r there may be more, up to t(n, s).
 *
 * Kept states are frames within frames. A frame with k slots from step q on has a level l and ends at q + β(k, l); there
 * its level is raised, the state becomes the first of the next frame within it, with k − 1 slots and level 0, and what lay
 * deeper in it is spent: it is dropped, the latest first, as slots are needed. When a frame is raised again, those within
 * it have used every slot, so nothing else is spent.
 */
import type { Kernel } from '../kernel.js'
import { type Expr, type FunctionBuilder, f64, type I32, i32, type Local, memoryCopy } from '../wasm/index.js'
import { defineSplit } from './revolve.js'

type Int = Local<'i32'>

/** Lists of calls of {@link repeatKeeping}, in order. */
export const KEEPING_LISTS = { test: 0, step: 1, save: 2 } as const

/** Lists of calls of {@link rewind}, in order. */
export const REWIND_LISTS = { advance: 0, reverse: 1, save: 2, load: 3, begin: 4 } as const

/** Words of a row of the table of snapshots, whose first row is the number of steps and that of states. */
const ROW = 4
const STEP = 0
const PLACE = 4
const END = 8
const LEVEL = 12

/**
 * Bytes of the table of so many snapshots beside the first state.
 *
 * @example
 * snapshotTableBytes(3) // → 80
 */
export const snapshotTableBytes = (snapshots: number): number => 4 * ROW * (snapshots + 2)

/** The rows of a table, and the field of one. */
const rows = (table: Int) => {
  const row = (k: I32) => i32.add(i32.add(table, 4 * ROW), i32.mul(k, 4 * ROW))
  return {
    row,
    get: (k: I32, field: number) => i32.load(row(k), field),
    set: (f: FunctionBuilder, k: I32, field: number, value: I32) => f.do(i32.store(row(k), value, field)),
  }
}

const LAST = 2 ** 31 - 1

/**
 * Runs its list `test`, which computes the bool that is its input, and, while that is true, its lists `step` and `test`;
 * before some steps also `save`, which brings the state to the place of a snapshot. The second input is a number: that of
 * snapshots beside the first state. Its outputs are the place, which `save` reads, and the table of snapshots.
 *
 * @example
 * repeatKeeping().lists // → 3
 */
export const repeatKeeping = (): Kernel => ({
  key: 'repeatKeeping',
  inputs: 2,
  outputs: 2,
  scratchBytes: 0,
  flops: 0,
  lists: 3,
  emit({ f, inputs, outputs, run }) {
    const [condition, snapshots] = inputs as readonly [Int, Int]
    const [place, table] = outputs as readonly [Int, Int]
    const { row, get, set } = rows(table)
    const [step, count] = [f.int(0), f.int(1)]
    // Frames are the first `outer` rows and those behind `spent` further ones.
    const [outer, spent] = [f.int(1), f.int(0)]
    const [frame, up, slots, level, end, gone] = [0, 0, 0, 0, 0, 0].map(zero => f.int(zero)) as [
      Int,
      Int,
      Int,
      Int,
      Int,
      Int,
    ]
    const top = () => i32.sub(count, 1)
    const inner = () => i32.add(outer, spent)
    const findUp = () => f.set(up, i32.sub(i32.sub(frame, 1), i32.mul(i32.eq(frame, inner()), spent)))

    f.do(i32.store(table, 0))
    f.do(i32.store(table, 0, END))
    set(f, 0, STEP, 0)
    set(f, 0, PLACE, -1)
    set(f, 0, LEVEL, 0)
    set(f, 0, END, 1)
    f.if(i32.eqz(snapshots), () => set(f, 0, END, LAST))
    f.for(frame, 0, snapshots, 1, () => set(f, i32.add(frame, 1), PLACE, frame))

    const keep = () => {
      // The outermost frame that ends here; the first row of the table ends nowhere.
      f.set(frame, top())
      findUp()
      f.while(i32.eq(get(up, END), step), () => {
        f.set(frame, up)
        findUp()
      })
      f.set(slots, i32.add(i32.sub(i32.add(snapshots, 1), frame), i32.mul(i32.geU(frame, inner()), spent)))
      f.if(i32.ne(frame, top()), () => {
        f.set(outer, i32.add(frame, 1))
        f.set(spent, i32.sub(top(), frame))
      })
      f.set(level, i32.add(get(frame, LEVEL), 1))
      f.set(end, raisedEnd(get(frame, STEP), get(frame, END), slots, level))
      set(f, frame, LEVEL, level)
      set(f, frame, END, end)
      f.if(i32.gtU(count, snapshots), () => {
        f.set(gone, i32.sub(inner(), 1))
        f.set(spent, i32.sub(spent, 1))
        f.set(count, top())
        f.set(up, get(gone, PLACE))
        f.do(memoryCopy(row(gone), row(i32.add(gone, 1)), i32.mul(i32.sub(count, gone), 4 * ROW)))
        set(f, count, PLACE, up)
      })
      set(f, count, STEP, step)
      set(f, count, LEVEL, 0)
      set(f, count, END, end)
      f.if(i32.gtU(slots, 2), () => set(f, count, END, i32.add(step, 1)))
      f.do(i32.store(place, get(count, PLACE)))
      f.increase(count, 1)
      run(KEEPING_LISTS.save)
    }

    run(KEEPING_LISTS.test)
    f.while(i32.load8u(condition), () => {
      f.if(i32.eq(get(top(), END), step), keep)
      run(KEEPING_LISTS.step)
      f.increase(step, 1)
      run(KEEPING_LISTS.test)
    })
    f.do(i32.store(table, step))
    f.do(i32.store(table, count, 4))
  },
})

/** The end of a frame of a higher level: β(k, l) = β(k, l−1) · (k+l) / l from its first step on. */
function raisedEnd(step: Expr<'i32'>, end: Expr<'i32'>, slots: Int, level: Int): Expr<'i32'> {
  const [size, next] = [f64.convertI32S(i32.sub(end, step)), f64.convertI32S(i32.add(slots, level))]
  const raised = f64.div(f64.mul(size, next), f64.convertI32S(level))
  return i32.truncF64S(f64.min(f64.add(f64.convertI32S(step), raised), f64.const(LAST)))
}

/**
 * Runs its lists so that the steps of a loop are reversed, the last one first, each from the state before it, from the
 * snapshots of a table; freed places take further ones (Revolve, Griewank & Walther 2000). Its input is a number: that of
 * snapshots beside the first state. Its outputs are the place of a snapshot, which its lists read, and the table, which
 * is then that of a loop without snapshots: another reversal from it does the same in more steps.
 *
 * Lists: `advance` makes the state before a step the one after it; `reverse` reverses a step from the state before it;
 * `save` and `load` bring the state to and from the place of a snapshot; `begin` brings the first state.
 *
 * @example
 * rewind().lists // → 5
 */
export const rewind = (): Kernel => ({
  key: 'rewind',
  inputs: 1,
  outputs: 2,
  scratchBytes: 0,
  flops: 0,
  lists: 5,
  emit({ module, f, inputs, outputs, run }) {
    const [snapshots] = inputs as readonly [Int]
    const [place, table] = outputs as readonly [Int, Int]
    const { get, set } = rows(table)
    const split = defineSplit(module)
    const [end, count] = [f.int(i32.load(table)), f.int(i32.load(table, 4))]
    const [at, to] = [f.int(0), f.int(0)]
    const last = (k: Int) => i32.sub(k, 1)
    f.while(end, () => {
      f.while(i32.geU(get(last(count), STEP), end), () => f.set(count, last(count)))
      f.if(
        i32.gtU(count, 1),
        () => {
          f.do(i32.store(place, get(last(count), PLACE)))
          run(REWIND_LISTS.load)
        },
        () => run(REWIND_LISTS.begin),
      )
      f.set(at, get(last(count), STEP))
      f.while(i32.ltU(at, last(end)), () => {
        f.set(to, last(end))
        f.if(i32.leU(count, snapshots), () => {
          f.setAll([to], split, [i32.sub(end, at), i32.sub(i32.add(snapshots, 2), count)])
          f.increase(to, at)
        })
        f.while(i32.ltU(at, to), () => {
          run(REWIND_LISTS.advance)
          f.increase(at, 1)
        })
        f.if(i32.ltU(at, last(end)), () => {
          f.do(i32.store(place, get(count, PLACE)))
          run(REWIND_LISTS.save)
          set(f, count, STEP, at)
          f.increase(count, 1)
        })
      })
      run(REWIND_LISTS.reverse)
      f.set(end, at)
    })
    f.do(i32.store(table, 1, 4))
  },
})
