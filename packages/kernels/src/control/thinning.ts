/**
 * Runs a loop whose number of steps is known only when it has ended, and brings states at equal distances to a store of so
 * many records. When it is full every second one is given up, and the distance doubles; so the records are those before steps
 * 0, d·2^l, 2d·2^l, …, with at least half of the store in use from the first doubling on. That stretches as long as one another
 * are no loss in the limit of many steps (Aupy & Herrmann 2017) holds whatever their number, so it needs not be known.
 *
 * The k-th of r records at level l lies at place p(k, l): p(k, 0) = k, and p(k, l) = p(2k, l−1) for k < r/2, where it was before
 * the last doubling; the others take the places of those given up: p(k, l) = p(2k − r + 1, l−1).
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
    const half = f.int(i32.shrU(records, 1))
    f.while(level, () => {
      f.set(k, i32.shl(k, 1))
      f.if(i32.geU(k, records), () => f.set(k, i32.add(i32.sub(k, i32.shl(half, 1)), 1)))
      f.increase(level, -1)
    })
    f.result(k)
  })
}

/**
 * Runs its list `test`, which computes the bool that is its first input, and, while that is true, its lists `step` and `test`;
 * before some steps also `save`, which brings the state to a record. Its other inputs are numbers: steps between records at
 * first; how many records there are, an even number; blocks of a record, and the block of the first. Its outputs are the block
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
    const [step, level, next, k] = [f.int(0), f.int(0), f.int(0), f.int(0)]
    const distance = f.int(every)
    run(THINNING_LISTS.test)
    f.while(i32.load8u(condition), () => {
      f.if(i32.eq(step, next), () => {
        f.if(i32.eq(k, records), () => {
          f.increase(level, 1)
          f.set(distance, i32.shl(distance, 1))
          f.set(k, i32.shrU(k, 1))
        })
        f.setAll([next], thinned, [k, level, records])
        f.do(i32.store(block, i32.add(base, i32.mul(next, blocks))))
        run(THINNING_LISTS.save)
        f.set(next, i32.add(step, distance))
        f.increase(k, 1)
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
