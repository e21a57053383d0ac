import { SPILL_BLOCK_BYTES, spillBlocks } from '@wengert/kernels'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  compile,
  cond,
  controlOf,
  dataOf,
  forLoop,
  grad,
  jvp,
  type Program,
  record,
  type SpillStore,
  simplify,
  type Tensor,
  tensor,
  whileLoop,
} from '../index.js'
import { plan } from '../plan/index.js'
import { bytesOf, paramsOf } from '../program/index.js'
import { compilePlanned, lower, plansOf } from '../run/index.js'
import { mapInner, programsOf } from './inner.js'
import { assertRecordsApart, placeRecords, recordOf, spilledBlocks, spilledBytes } from './spilled.js'
import { withUnwinding } from './unwinding.js'

type Step = (s: Tensor) => Tensor

/** What a step does: something elementwise, or a loop or a branch of such, or one after another. */
type Body =
  | { readonly kind: 'step' }
  | { readonly kind: 'open' | 'loop' | 'branch'; readonly turns: number; readonly body: Body }
  | { readonly kind: 'both'; readonly first: Body; readonly second: Body }

const { body: bodies } = fc.letrec<{ body: Body }>(tie => ({
  body: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant('step' as const) }),
    fc.record({
      kind: fc.constantFrom('open' as const, 'open' as const, 'loop' as const, 'branch' as const),
      turns: fc.integer({ min: 0, max: 6 }),
      body: tie('body'),
    }),
    fc.record({ kind: fc.constant('both' as const), first: tie('body'), second: tie('body') }),
  ),
}))

const turns = (count: number, step: Step, x: Tensor): Tensor =>
  whileLoop(
    ([k]: readonly [Tensor, Tensor]) => k.less(count),
    ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), step(s)] as const,
    [tensor(0), x] as const,
  )[1]

function stepOf(body: Body): Step {
  const rest: Step = s => s.mul(s).mul(0.3).add(0.2).sin()
  switch (body.kind) {
    case 'step':
      return rest
    case 'both':
      return s => stepOf(body.second)(stepOf(body.first)(s))
    case 'open':
      return s => turns(body.turns, stepOf(body.body), rest(s))
    case 'loop':
      return s => forLoop(body.turns, (_, s: Tensor) => stepOf(body.body)(s), rest(s))
    case 'branch':
      return s => cond(s.sum().less(body.turns), stepOf(body.body), rest, s)
  }
}

const x = tensor(Float32Array.from({ length: 130 }, (_, k) => Math.sin(k)))
const programOf = (f: (x: Tensor) => Tensor) => simplify(record(f, x.aval).program)
const lossOf = (body: Body) => (x: Tensor) => turns(5, stepOf(body), turns(4, stepOf(body), x).mul(0.5)).sum()

/** The program with records of all loops of unknown length, whatever that costs. */
const spilling = (program: Program, every: number, count: number) =>
  placeRecords(withUnwinding(program, 0, () => ({ every, count, held: false, snapshots: 0 })))

/**
 * The blocks of the loops of a program, one by one: those of loops after one another and inside of each other differ, and
 * instructions have theirs in common.
 */
function blocksOf(program: Program): Set<number> {
  const blocks = new Set<number>()
  for (const instruction of program.instructions) {
    for (const inner of programsOf(instruction)) {
      for (const block of blocksOf(inner)) blocks.add(block)
    }
  }
  for (const instruction of program.instructions) {
    const control = controlOf(instruction)
    if (control?.kind !== 'while' || !control.keep?.spill) continue
    const { parts, spill } = control.keep
    const { body, bodyConstants } = control
    const each = parts.reduce((sum, part) => {
      const { dtype, shape } = body.avals[body.inputs[bodyConstants + part] as number] as Tensor['aval']
      return sum + spillBlocks(bytesOf({ dtype, shape }))
    }, 0)
    for (let k = 0; k < spill.count * each; k++) {
      expect(blocks.has(spill.base + k)).toBe(false)
      blocks.add(spill.base + k)
    }
  }
  return blocks
}

/** A store of so many blocks, which knows what it has. */
function storeOf(blocks: number): SpillStore {
  const records = new Map<number, Uint8Array>()
  return {
    bytes: SPILL_BLOCK_BYTES * blocks,
    write(slot, bytes) {
      if (slot + spillBlocks(bytes.length) > blocks) throw new Error(`A record lies beyond ${blocks} blocks.`)
      records.set(slot, bytes.slice())
    },
    read: (slot, bytes) => bytes.set(records.get(slot) as Uint8Array),
    clear: () => records.clear(),
  }
}

function bitsOf(program: Program, blocks = 0): readonly string[] {
  const executable = compile(program, { spillBytes: SPILL_BLOCK_BYTES * blocks })
  const arena = new Arena({ spill: storeOf(blocks) })
  arena.load(executable)
  arena.write(0, dataOf(x))
  arena.run()
  return executable.outputs.map((_, k) => Buffer.from(arena.read(k).buffer).toString('base64'))
}

describe('places of records', () => {
  test('of several loops and of loops in loops are apart, as few as that takes, and change no bit', () => {
    fc.assert(
      fc.property(
        bodies,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (body, every, count, tangent) => {
          const loss = lossOf(body)
          const program = programOf(x =>
            tangent ? (jvp(grad(loss), [x], [x]).tangent as Tensor) : (grad(loss)(x) as Tensor),
          )
          const spilled = spilling(program, every, count)
          const blocks = blocksOf(spilled)
          assertRecordsApart(spilled)
          expect(spilledBlocks(spilled)).toBe(blocks.size)
          expect(blocks.size).toBeGreaterThan(0)
          expect(placeRecords(spilled)).toBe(spilled)
          expect(bitsOf(spilled, blocks.size)).toEqual(bitsOf(program))
        },
      ),
      { numRuns: 25 },
    )
  })

  test('of loops of known length are given with the others', () => {
    const both = (x: Tensor) =>
      forLoop(90, (_, s: Tensor) => stepOf({ kind: 'step' })(s), turns(5, stepOf({ kind: 'step' }), x)).sum()
    const wide = { dtype: 'f32', shape: [200_000] } as const
    const program = simplify(record(x => grad(both)(x), wide).program)
    const planned = plansOf(program, [], 2 ** 30)(8e6)
    const kinds = planned.program.instructions.flatMap(one => {
      const control = controlOf(one)
      return control && 'spill' in control && control.spill ? [control.kind] : []
    })
    expect(kinds).toEqual(expect.arrayContaining(['scan', 'revolve']))
    assertRecordsApart(planned.program)
    expect(planned.spilledBytes).toBe(spilledBytes(planned.program))
  })
})

describe('a program with two records in one place', () => {
  const compiled = (program: Program) => {
    const lowered = lower(program, [])
    return compilePlanned({
      program,
      lowered,
      chosen: plan(lowered.graph),
      spilledBytes: spilledBytes(program),
    })
  }
  /** With the records of each loop so many blocks further down. */
  const moved = (program: Program, down: number): Program => ({
    ...program,
    instructions: program.instructions.map(instruction => {
      const control = controlOf(instruction)
      if (control?.kind !== 'while' || !control.keep?.spill) return instruction
      const { keep } = control
      const spill = { ...control.keep.spill, base: Math.max(0, control.keep.spill.base - down) }
      return { ...instruction, params: paramsOf({ ...control, keep: { ...keep, spill } }) }
    }),
  })
  const one = recordOf([x.aval]).blocks

  test.each<[string, Body]>([
    ['of loops after one another', { kind: 'step' }],
    ['of a loop and one inside', { kind: 'open', turns: 3, body: { kind: 'step' } }],
    [
      'of a loop and one inside of one inside',
      { kind: 'loop', turns: 3, body: { kind: 'open', turns: 2, body: { kind: 'step' } } },
    ],
  ])('%s is not compiled', (_, body) => {
    const program = spilling(
      programOf(x => grad(lossOf(body))(x) as Tensor),
      1,
      4,
    )
    expect(compiled(program).spilledBytes).toBe(spilledBytes(program))
    expect(compiled(moved(program, 0)).peakBytes).toBeGreaterThan(0)
    expect(() => compiled(moved(program, one))).toThrow(
      /^Loops share blocks of a store: \d+ to \d+ of while, and \d+ to \d+\.$/,
    )
  })

  const two: Body = {
    kind: 'both',
    first: { kind: 'open', turns: 2, body: { kind: 'step' } },
    second: { kind: 'open', turns: 3, body: { kind: 'step' } },
  }
  test.each<[string, Body, number]>([
    ['a loop', two, 1],
    ['a loop in one', { kind: 'loop', turns: 3, body: two }, 2],
    ['a branch in a loop', { kind: 'branch', turns: 3, body: two }, 2],
  ])('of two loops inside of %s is not compiled', (_, body, depth) => {
    const program = spilling(
      programOf(x => grad(lossOf(body))(x) as Tensor),
      1,
      4,
    )
    const movedAt = (depth: number, down: number): ((program: Program) => Program) =>
      depth === 0 ? one => moved(one, down) : one => mapInner(one, movedAt(depth - 1, down))
    expect(compiled(movedAt(depth, 0)(program)).peakBytes).toBeGreaterThan(0)
    expect(() => compiled(movedAt(depth, one)(program))).toThrow(/^Loops share blocks of a store: /)
  })
})
