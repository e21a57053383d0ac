import {
  ARENA_LIMIT_BYTES,
  BudgetError,
  formatByteSize,
  PAGE_BYTES,
  pageCeil,
  pageFloor,
} from '@wengert/tape'

/** What a call needs besides the arenas of its lanes; whole pages. */
export interface Needs {
  /** Bytes of each lane's parcel; 0 where memory is shared. */
  readonly parcelBytes: number
  /** Bytes of the arena in which partials are reduced; 0 where there is nothing to reduce. */
  readonly reducerBytes: number
}

/** How a budget is divided: lanes × (arena + parcel) + reducer never exceed it. */
export interface Layout extends Needs {
  /** Bytes a lane's arena may have; whole pages. */
  readonly laneBytes: number
}

/**
 * Gives every lane an equal share of what parcels and reducer leave of a budget, in whole pages. The share is
 * zero or negative when there is nothing left.
 *
 * @example
 * layOut(1048576, 3, { parcelBytes: 65536, reducerBytes: 131072 }).laneBytes // → 196608
 * layOut(undefined, 3, { parcelBytes: 0, reducerBytes: 0 }).laneBytes // → 4294967296
 */
export function layOut(budgetBytes: number | undefined, lanes: number, needs: Needs): Layout {
  if (budgetBytes === undefined) return { ...needs, laneBytes: ARENA_LIMIT_BYTES }
  const share = Math.floor((budgetBytes - totalBytes(lanes, { ...needs, laneBytes: 0 })) / lanes)
  return { ...needs, laneBytes: Math.min(pageFloor(share), ARENA_LIMIT_BYTES) }
}

/**
 * Bytes of a layout in all.
 *
 * @example
 * totalBytes(3, { laneBytes: 196608, parcelBytes: 65536, reducerBytes: 131072 }) // → 917504
 */
export const totalBytes = (lanes: number, { laneBytes, parcelBytes, reducerBytes }: Layout): number =>
  lanes * (laneBytes + parcelBytes) + reducerBytes

/**
 * Finds a layout in which everything a call runs can be planned. The layout in use is kept if it will do, so that
 * arenas are not made anew.
 *
 * @param prepare plans and compiles for arenas of so many bytes, or throws a {@link BudgetError}.
 * @param rows of the call; of fewer, shards are smaller.
 * @throws {@link BudgetError} about the whole budget: exactly its `leastBytes` will do.
 */
export function fit<T>(
  budgetBytes: number | undefined,
  lanes: number,
  needs: Needs,
  current: Layout | undefined,
  prepare: (laneBytes: number) => T,
  rows = 1,
): { readonly layout: Layout; readonly prepared: T } {
  if (current && needs.parcelBytes <= current.parcelBytes && needs.reducerBytes <= current.reducerBytes) {
    const attempt = tryPrepare(prepare, current.laneBytes)
    if ('prepared' in attempt) return { layout: current, prepared: attempt.prepared }
  }
  const layout = layOut(budgetBytes, lanes, needs)
  const attempt = tryPrepare(prepare, Math.max(layout.laneBytes, PAGE_BYTES))
  if ('prepared' in attempt && layout.laneBytes >= PAGE_BYTES) return { layout, prepared: attempt.prepared }
  const failure = 'failure' in attempt ? attempt.failure : undefined
  if (budgetBytes === undefined && failure) throw failure
  throw tooTight(budgetBytes ?? 0, lanes, needs, rows, failure)
}

function tryPrepare<T>(
  prepare: (laneBytes: number) => T,
  laneBytes: number,
): { readonly prepared: T } | { readonly failure: BudgetError } {
  try {
    return { prepared: prepare(laneBytes) }
  } catch (error) {
    if (error instanceof BudgetError) return { failure: error }
    throw error
  }
}

function tooTight(
  budgetBytes: number,
  lanes: number,
  needs: Needs,
  rows: number,
  refusal: BudgetError | undefined,
): BudgetError {
  const laneBytes = pageCeil(refusal?.leastBytes ?? PAGE_BYTES)
  const leastBytes = totalBytes(lanes, { ...needs, laneBytes })
  const { parcelBytes, reducerBytes } = needs
  const parts = [
    `${lanes} × ${formatByteSize(laneBytes, 'up')} for the lane${lanes === 1 ? '' : 's'}`,
    ...(parcelBytes > 0 ? [`${lanes} × ${formatByteSize(parcelBytes, 'up')} for what travels`] : []),
    ...(reducerBytes > 0 ? [`${formatByteSize(reducerBytes, 'up')} for the reduction`] : []),
  ]
  const withStoreBytes = refusal?.data.withStoreBytes
  const spills = typeof withStoreBytes === 'number' && pageCeil(withStoreBytes) < laneBytes
  const ways = [
    'raise `memory`',
    ...(lanes > 1 ? ['lower `workers`, each of which has an arena of its own'] : []),
    ...(rows > 1 ? ['pass fewer rows a call'] : []),
    ...(spills ? ['give loops a place for their states: `spill`'] : []),
  ]
  return new BudgetError({
    summary: `No plan fits ${formatByteSize(budgetBytes)} with ${lanes} lane${lanes === 1 ? '' : 's'}.`,
    expected: `at least ${leastBytes} bytes: ${parts.join(', ')}`,
    at: refusal?.parts.at,
    fix: ways.join(', or '),
    budgetBytes,
    leastBytes,
    data: { lanes, laneBytes, parcelBytes, reducerBytes },
  })
}
