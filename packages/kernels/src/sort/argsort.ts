/**
 * Merge sort from the bottom up (Knuth, TAOCP 3, 5.2.4): stable, n ⌈log₂ n⌉ comparisons at most whatever the data,
 * between two lists of indices. Elements stay where they are.
 */
import type { Kernel } from '../kernel.js'
import { slotBytes } from '../kernel.js'
import { nest } from '../map/index.js'
import { type FunctionBuilder, i32, type Local, select } from '../wasm/index.js'
import { type Order, type OrderedDType, orderOf } from './order.js'

type Pointer = Local<'i32'>

/** Rows to sort. */
export interface ArgsortSpec {
  readonly dtype: OrderedDType
  readonly rows: number
  readonly length: number
  /** Largest first. */
  readonly descending?: boolean
}

/**
 * For each row the indices, as i32, that bring its elements into order, equal ones in the order they have. NaN comes
 * after every number, and first where the order is descending.
 *
 * @example
 * argsort({ dtype: 'f32', rows: 2, length: 5 }).key // → 'argsort:f32:2x5'
 */
export function argsort({ dtype, rows, length, descending = false }: ArgsortSpec): Kernel {
  const passes = Math.ceil(Math.log2(Math.max(1, length)))
  const order = orderOf[dtype]
  return {
    key: `argsort:${dtype}:${rows}x${length}${descending ? ':descending' : ''}`,
    inputs: 1,
    outputs: 1,
    scratchBytes: passes === 0 ? 0 : slotBytes(4 * length),
    flops: rows * length * passes,
    emit({ f, inputs: [x], outputs: [out], scratch }) {
      if (rows * length === 0) return
      const axis = { length: rows, steps: [length * order.bytes, length * 4] }
      nest(f, [axis], [x as Pointer, out as Pointer], ([row, target]) => {
        // Lists change places in each pass; the last one ends in the output.
        const [from, to] = passes % 2 === 0 ? [target, scratch] : [scratch, target]
        const lists: Lists = { from: f.int(from as Pointer), to: f.int(to as Pointer) }
        emitCounting(f, lists.from, length)
        const [width, lower, spare] = [f.int(1), f.local('i32'), f.local('i32')]
        f.for(f.local('i32'), 0, passes, 1, () => {
          f.for(lower, 0, length, i32.shl(width, 1), () => {
            const bound = (runs: number) => {
              const end = f.int(i32.add(lower, i32.mul(width, runs)))
              return f.int(select(end, i32.const(length), i32.ltU(end, length)))
            }
            emitMerge(f, order, descending, row as Pointer, lists, [lower, bound(1), bound(2)])
          })
          f.set(width, i32.shl(width, 1))
          f.set(spare, lists.from)
          f.set(lists.from, lists.to)
          f.set(lists.to, spare)
        })
      })
    },
  }
}

/** Lists of indices, sorted in runs. */
interface Lists {
  readonly from: Pointer
  readonly to: Pointer
}

/** 0, 1, 2, … */
function emitCounting(f: FunctionBuilder, list: Pointer, length: number): void {
  const [cursor, index] = [f.int(list), f.local('i32')]
  f.for(index, 0, length, 1, () => {
    f.do(i32.store(cursor, index))
    f.increase(cursor, 4)
  })
}

/** Merges the runs between three bounds; the first run goes first among equals. */
function emitMerge(
  f: FunctionBuilder,
  order: Order,
  descending: boolean,
  row: Pointer,
  { from, to }: Lists,
  bounds: readonly [Pointer, Pointer, Pointer],
): void {
  const at = (list: Pointer, index: Pointer) => f.int(i32.add(list, i32.shl(index, 2)))
  const [first, firstEnd, secondEnd] = bounds.map(bound => at(from, bound)) as [Pointer, Pointer, Pointer]
  const second = f.int(firstEnd)
  const target = at(to, bounds[0])
  const key = (index: Pointer) => f.local(order.load(i32.add(row, i32.mul(index, order.bytes))))
  f.while(i32.and(i32.ltU(first, firstEnd), i32.ltU(second, secondEnd)), () => {
    const [left, right] = [f.int(i32.load(first)), f.int(i32.load(second))]
    const [a, b] = [key(left), key(right)]
    const later = f.int(descending ? order.before(a, b) : order.before(b, a))
    f.do(i32.store(target, select(right, left, later)))
    f.increase(target, 4)
    f.increase(second, i32.shl(later, 2))
    f.increase(first, i32.shl(i32.eqz(later), 2))
  })
  for (const [cursor, end] of [
    [first, firstEnd],
    [second, secondEnd],
  ] as const) {
    f.while(i32.ltU(cursor, end), () => {
      f.do(i32.store(target, i32.load(cursor)))
      f.increase(target, 4)
      f.increase(cursor, 4)
    })
  }
}
