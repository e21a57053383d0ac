import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SpillError } from '../errors.js'
import { recordStore, type SpillFile } from './store.js'

const BLOCK = 512

/** A file in memory that does what a host may get wrong, and in pieces of at most so many bytes. */
function file(piece: number, faults: ReadonlySet<string> = new Set()): SpillFile {
  let bytes = new Uint8Array(0)
  let writes = 0
  return {
    name: 'memory',
    write(record, position) {
      const part = record.subarray(0, piece)
      writes++
      if (faults.has('loses writes') && writes % 5 === 0) return part.length
      if (position + part.length > bytes.length) {
        const grown = new Uint8Array(position + part.length)
        grown.set(bytes)
        bytes = grown
      }
      bytes.set(part, position)
      return part.length
    },
    read(record, position) {
      const part = bytes.subarray(position, position + Math.min(piece, record.length))
      record.set(part)
      return part.length
    },
    clear() {
      if (faults.has('refuses to be cleared')) throw new Error('no')
      if (!faults.has('keeps what was cleared')) bytes = new Uint8Array(0)
    },
  }
}

const contents = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, k) => Math.imul(k + 1, Math.imul(seed + 1, 0x9e3779b1)) >>> 13)

type Act =
  | { readonly kind: 'write'; readonly slot: number; readonly blocks: number; readonly seed: number }
  | { readonly kind: 'read'; readonly slot: number }
  | { readonly kind: 'clear' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      slot: fc.nat(5),
      blocks: fc.constantFrom(1, 1, 2),
      seed: fc.nat(1000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), slot: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
)

describe('a store of records', () => {
  test.each<readonly [readonly string[], string]>([
    [[], 'gives back what was written in this run'],
    [['keeps what was cleared'], 'gives nothing of an earlier run where the file keeps it'],
    [['refuses to be cleared'], 'nor where it cannot be cleared'],
    [['loses writes', 'keeps what was cleared'], 'gives the right bytes or an error where writes are lost'],
  ])('with a file that has these faults: %j, it %s', (faults, _) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2), act), { maxLength: 120 }),
        fc.constantFrom(100, 512, 10_000),
        (acts, piece) => {
          // Three stores take turns, as those of lanes do; none knows of another.
          const stores = [0, 1, 2].map(() => ({
            store: recordStore(file(piece, new Set<string>(faults)), Number.POSITIVE_INFINITY),
            written: new Map<number, Uint8Array>(),
          }))
          for (const [which, one] of acts) {
            const { store, written } = stores[which] as (typeof stores)[number]
            if (one.kind === 'clear') {
              store.clear()
              written.clear()
            } else if (one.kind === 'write') {
              const record = contents(BLOCK * one.blocks - 12, one.seed + 1000 * which)
              store.write(2 * one.slot, record)
              written.set(2 * one.slot, record)
            } else {
              const expected = written.get(2 * one.slot)
              const found = new Uint8Array(expected?.length ?? BLOCK - 12)
              let refused = false
              try {
                store.read(2 * one.slot, found)
              } catch (error) {
                if (!(error instanceof SpillError)) throw error
                refused = true
              }
              if (!expected) expect(refused).toBe(true)
              else if (!refused) expect(found).toEqual(expected)
              else expect(faults).toContain('loses writes')
            }
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  test('says whose bytes it has found, where a host gives back older ones', () => {
    const lost = file(10_000)
    let isLost = false
    const store = recordStore(
      { ...lost, write: (record, at) => (isLost ? record.length : lost.write(record, at)) },
      Number.POSITIVE_INFINITY,
    )
    store.write(0, contents(700, 1))
    isLost = true
    store.write(0, contents(700, 2))
    expect(() => store.read(0, new Uint8Array(700))).toThrow(/that of the record before it/)
  })

  test('reads once more where a host is late, and only once', () => {
    const there = file(10_000)
    let late = 0
    const store = recordStore(
      { ...there, read: (record, at) => (late-- > 0 ? record.length : there.read(record, at)) },
      Number.POSITIVE_INFINITY,
    )
    store.write(0, contents(700, 1))
    const found = new Uint8Array(700)
    late = 1
    store.read(0, found)
    expect(found).toEqual(contents(700, 1))
    late = 2
    expect(() => store.read(0, new Uint8Array(700))).toThrow(SpillError)
  })

  test('does not take for read what lay there before, though it be right', () => {
    const there = file(10_000)
    const record = contents(700, 1)
    const store = recordStore(
      { ...there, read: (part, at) => (at >= 600 ? 0 : there.read(part.subarray(0, 600), at)) },
      Number.POSITIVE_INFINITY,
    )
    store.write(0, record)
    expect(() => store.read(0, record.slice())).toThrow('What was read is not what was written: 600 bytes.')
  })

  test('finds out a host that alters what it is given', () => {
    const there = file(10_000)
    const altering: SpillFile = {
      ...there,
      write(record, at) {
        record[3] = 1 + (record[3] as number)
        return there.write(record, at)
      },
    }
    const store = recordStore(altering, Number.POSITIVE_INFINITY)
    store.write(0, contents(700, 1))
    expect(() => store.read(0, new Uint8Array(700))).toThrow(/checksum/)
  })
})
