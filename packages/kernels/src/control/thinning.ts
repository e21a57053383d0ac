/**
 * Runs a loop whose number of steps is known only when it has ended, and brings states to a store of r records, before steps
 * 0, d, 2d, … When it is full, each further record takes the place of one of those, the first that has not been thinned out
 * yet: those at d, 3d, 5d, … go, and when all of them are gone the same begins again with twice the distance. So all records
 * are in use from then on, 2d·2^l apart up to some step and d·2^l behind it, and with n steps there are m = ⌈n/(d·2^l)⌉ − r
 * stretches of the greater length, 0 ≤ m < r. That stretches as long as one another are no loss in the limit of many steps
 * (Aupy & Herrmann 2017) holds whatever their number, so it needs not be known.
 *
 * At level l the record before step k·d·2^l, k < 2r − 1, lies at place p(k, l): p(k, 0) = k for k < r; a further one lies where
 * that lay which it drives out, p(k, l) = p(2(k − r) + 1, l) for k ≥ r; and those that stay are p(k, l) = p(2k, l−1) for k < r.
 */
import type { Kernel } from '../kernel.js'
import { type Func, i32, type Local, type ModuleBuilder } from '../wasm/index.js'

type Int = Local<'i32'>

/** Lists of calls of {@link repeatThinning}, in order. */
export const THINNING_LISTS = { test: 0, step: 1, save: 2 } as const

/** Fields of the table of a loop that thins: its steps, how often the distance doubled, the block of the first record. */
export const THINNING = { steps: 0, level: 4, base: 8, bytes: 16 } as const

/** Defines thinned(k, level, records) → p(k, level). */
export function defineThinned(module: ModuleBuilder): Func {
  return module.define('thinned', ['i32', 'i32', 'i32'], ['i32'], (f, k, level, records) => {
    const follow = () =>
      f.while(i32.geU(k, records), () => f.set(k, i32.add(i32.shl(i32.sub(k, records), 1), 1)))
    follow()
    f.while(level, () => {
      f.set(k, i32.shl(k, 1))
      follow()
      f.increase(level, -1)
    })
    f.result(k)
  })
}

/**
 * Runs its list `test`, which computes the bool that is its first input, and, while that is true, its lists `step` and `test`;
 * before some steps also `save`, which brings the state to a record. Its other inputs are numbers: steps between records at
 * first; how many records there are, 1 or more; blocks of a record, and the block of the first. Its outputs are the block
 * of the record that `save` writes, and a table from which `revolve` goes back.
 *
 * @example
 * repeatThinning().lists // → 3
 */
export const repeatThinning = (): Kernel => ({
  key: 'repeatThinning',
  inputs: 5,
  outputs: 2,
  scratchBytes: 0,
  flops: 0,
  lists: 3,
  emit({ module, f, inputs, outputs, run }) {
    const [condition, every, records, blocks, base] = inputs as readonly [Int, Int, Int, Int, Int]
    const [block, table] = outputs as readonly [Int, Int]
    const thinned = defineThinned(module)
    const [step, level, next, k, free] = [f.int(0), f.int(0), f.int(0), f.int(0), f.int(0)]
    const distance = f.int(every)
    run(THINNING_LISTS.test)
    f.while(i32.load8u(condition), () => {
      // next = k · distance
      f.if(i32.eq(step, next), () => {
        f.if(
          i32.eq(k, i32.sub(i32.shl(records, 1), 1)),
          () => {
            f.increase(level, 1)
            f.set(distance, i32.shl(distance, 1))
            f.set(k, records)
          },
          () => {
            f.setAll([free], thinned, [k, level, records])
            f.do(i32.store(block, i32.add(base, i32.mul(free, blocks))))
            run(THINNING_LISTS.save)
            f.increase(k, 1)
          },
        )
        f.set(next, i32.mul(k, distance))
      })
      run(THINNING_LISTS.step)
      f.increase(step, 1)
      run(THINNING_LISTS.test)
    })
    f.do(i32.store(table, step, THINNING.steps))
    f.do(i32.store(table, level, THINNING.level))
    f.do(i32.store(table, base, THINNING.base))
  },
})
