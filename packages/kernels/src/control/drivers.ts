/** Kernels that run lists of calls: loops and branches. Their lists lie in their own call record. */
import type { Kernel } from '../kernel.js'
import { i32, type Local } from '../wasm/index.js'

type Address = Local<'i32'>

/**
 * Runs its list so many times, with the count, from 0 on (or down to 0), as its output.
 *
 * @example
 * repeat({ times: 10 }).key // → 'repeat:10'
 */
export function repeat({ times, reverse = false }: { times: number; reverse?: boolean }): Kernel {
  return {
    key: `repeat:${times}${reverse ? ':reverse' : ''}`,
    inputs: 0,
    outputs: 1,
    scratchBytes: 0,
    flops: 0,
    lists: 1,
    emit({ f, outputs: [counter], run }) {
      const count = f.local('i32')
      f.for(count, 0, times, 1, () => {
        f.do(i32.store(counter as Address, reverse ? i32.sub(times - 1, count) : count))
        run(0)
      })
    },
  }
}

/**
 * Runs its first list if its input, a bool, is true, and its second otherwise.
 *
 * @example
 * branch().lists // → 2
 */
export const branch = (): Kernel => ({
  key: 'branch',
  inputs: 1,
  outputs: 0,
  scratchBytes: 0,
  flops: 0,
  lists: 2,
  emit({ f, inputs: [condition], run }) {
    f.if(
      i32.load8u(condition as Address),
      () => run(0),
      () => run(1),
    )
  },
})

/**
 * Runs its first list, which computes the bool that is its input, and, while that is true, its second and its first.
 *
 * @example
 * repeatWhile().lists // → 2
 */
export const repeatWhile = (): Kernel => ({
  key: 'repeatWhile',
  inputs: 1,
  outputs: 0,
  scratchBytes: 0,
  flops: 0,
  lists: 2,
  emit({ f, inputs: [condition], run }) {
    run(0)
    f.while(i32.load8u(condition as Address), () => {
      run(1)
      run(0)
    })
  },
})
