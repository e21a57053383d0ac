import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  cond,
  type Data,
  dataOf,
  directoryStore,
  forLoop,
  grad,
  jvp,
  OptionError,
  type Program,
  record,
  SpillError,
  type SpillStore,
  scan,
  simplify,
  type Tensor,
  type Tree,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
} from '../index.js'
import { pageCeil } from './arena.js'

let directory: string
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'wengert-'))
})
afterEach(() => fs.rmSync(directory, { recursive: true }))

const bitsOf = (results: readonly Data[]) =>
  results.map(({ buffer }) => Buffer.from(buffer).toString('base64'))

const vector = (length: number) => tensor(Float32Array.from({ length }, (_, k) => 0.1 + k / length))

const programOf = (f: (x: Tensor) => Tree<Tensor>, x: Tensor): Program => simplify(record(f, x.aval).program)

/** A store that counts what it is asked for. */
function counted(store: SpillStore = directoryStore({ directory })) {
  const counts = { writes: 0, reads: 0, clears: 0, bytes: 0 }
  const spill: SpillStore = {
    bytes: store.bytes,
    write(slot, bytes) {
      counts.writes++
      counts.bytes = Math.max(counts.bytes, 512 * slot + bytes.length)
      store.write(slot, bytes)
    },
    read(slot, bytes) {
      counts.reads++
      store.read(slot, bytes)
    },
    clear() {
      counts.clears++
      store.clear()
    },
  }
  return { spill, counts }
}

/** Runs in an arena that cannot pass the memory. */
function run(program: Program, x: Tensor, memoryBytes?: number, spillBytes = Number.POSITIVE_INFINITY) {
  const within = memoryBytes === undefined ? {} : { memoryBytes, spillBytes }
  const executable = compile(program, within)
  const { spill, counts } = counted()
  const maximumBytes = memoryBytes === undefined ? undefined : pageCeil(memoryBytes)
  const arena = new Arena({ maximumBytes, spill })
  arena.load(executable)
  arena.write(0, dataOf(x))
  arena.run()
  if (memoryBytes !== undefined) {
    expect(executable.peakBytes).toBeLessThanOrEqual(memoryBytes)
    expect(arena.bytes).toBeLessThanOrEqual(pageCeil(memoryBytes))
  }
  expect(counts.bytes).toBeLessThanOrEqual(executable.spilledBytes)
  expect(fs.readdirSync(directory)).toEqual([])
  return { executable, counts, bits: bitsOf(executable.outputs.map((_, k) => arena.read(k))) }
}

function leastBytesOf(program: Program, spillBytes: number): number {
  try {
    compile(program, { memoryBytes: 1, spillBytes })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program fits a byte.')
}

const costOf = ({ cost, extraCost }: { readonly cost: number; readonly extraCost: number }) =>
  cost + extraCost

const step = (s: Tensor) => s.mul(s).mul(0.9).add(0.05).sqrt()
const chain = (steps: number) => (x: Tensor) =>
  valueAndGrad((x: Tensor) => forLoop(steps, (_, s) => step(s), x).sum())(x) as unknown as Tree<Tensor>

const rows = tensor(Float32Array.from({ length: 40 }, (_, k) => 0.1 + k / 40))
const nested = (x: Tensor) => {
  const [inner, sums] = scan(
    (c: Tensor, k: Tensor) => [forLoop(30, (_, s: Tensor) => s.mul(s).add(k).sqrt(), c), c.sum()],
    x,
    rows,
  ) as readonly [Tensor, Tensor]
  const last = forLoop(50, (_, s: Tensor) => s.sin().add(0.3), inner)
  return last.sum().add(sums.square().sum())
}
const both = (x: Tensor) =>
  forLoop(60, (k, y: Tensor) => y.mul(y).mul(0.1).add(x).tanh().add(k.convert('f32')).sin(), x).sum()
const branches = (x: Tensor) =>
  cond(
    x.at(0).less(1),
    y => forLoop(80, (_, s: Tensor) => step(s), y).sum(),
    y => forLoop(90, (_, s: Tensor) => s.sin(), y).sum(),
    x,
  )
/** The states of the inner loop are many, and its steps dear. */
const inner = (x: Tensor) =>
  forLoop(
    4,
    (_, s: Tensor) =>
      forLoop(60, (_, s: Tensor) => step(s).sin().exp().log().mul(1.1).tanh().add(0.2), s).mul(0.9),
    x,
  ).sum()
/** Goes over rows from the last to the first. */
const backwards = (x: Tensor) =>
  (
    scan((s: Tensor, k: Tensor) => [step(s).add(k), s.mean()], x, rows, { reverse: true }) as readonly [
      Tensor,
      Tensor,
    ]
  )[0].sum()
/** A dear step, so that a record costs less than a few of them. */
const dear = (s: Tensor) => step(s).sin().exp().log().mul(1.1).tanh().add(0.2)
/** So many steps, which only the loop knows. */
const open = (steps: number, one: (s: Tensor) => Tensor, x: Tensor): Tensor =>
  whileLoop(
    ([k]: readonly [Tensor, Tensor]) => k.less(steps),
    ([k, s]: readonly [Tensor, Tensor]) => [k.add(1), one(s)] as const,
    [tensor(0), x] as const,
  )[1]
const opens = (x: Tensor) => open(25, s => dear(s).mul(0.9), open(70, dear, x).exp().tanh()).sum()
/** Steps of different lengths, each a loop of its own. */
const openInside = (x: Tensor) => {
  const [last, means] = scan(
    (s: Tensor, k: Tensor) => [open(40, s => dear(s).add(k), s), s.mean()],
    x,
    rows.slice([0], [4]),
  ) as readonly [Tensor, Tensor]
  return last.sum().add(means.square().sum())
}
const insideOpen = (x: Tensor) => open(5, s => forLoop(40, (_, s: Tensor) => dear(s), s).mul(0.9), x).sum()
const openExchange = (x: Tensor) => {
  const [, a, b] = whileLoop(
    ([k]: readonly [Tensor, Tensor, Tensor]) => k.less(60),
    ([k, a, b]: readonly [Tensor, Tensor, Tensor]) => [k.add(1), b, dear(a).mul(b)] as const,
    [tensor(0), x, x.sin()] as const,
  )
  return a.sum().add(b.mean())
}
/** Exchanges the parts of its state. */
const exchange = (x: Tensor) => {
  const [a, b] = forLoop(70, (_, [a, b]: readonly [Tensor, Tensor]) => [b, step(a).mul(b)] as const, [
    x,
    x.sin(),
  ] as const) as readonly [Tensor, Tensor]
  return a.sum().add(b.mean())
}

describe('loops that spill', () => {
  test.each<[string, number, boolean, (x: Tensor) => Tree<Tensor>]>([
    ['a long loop', 20_000, true, chain(100)],
    ['two steps', 20_000, false, chain(2)],
    ['one step', 20_000, false, chain(1)],
    ['loops in loops, and several in one program', 2000, true, x => grad(nested)(x)],
    ['a long loop in a short one', 3000, true, x => grad(inner)(x)],
    ['a tangent of a gradient', 5000, true, x => jvp(grad(both), [x], [x]).tangent],
    ['a gradient and its tangent', 5000, true, x => ({ ...jvp(grad(both), [x], [x.cos()]) })],
    ['gradients of a batch', 8000, true, x => vmap(grad(both))(x.reshape([10, 800]))],
    ['branches', 5000, true, x => grad(branches)(x)],
    ['a loop from the last row to the first', 5000, true, x => grad(backwards)(x)],
    ['a state of two parts', 5000, true, x => grad(exchange)(x)],
    ['a loop of unknown length', 8000, true, x => grad((y: Tensor) => open(150, dear, y).sum())(x)],
    ['one without steps', 8000, false, x => grad((y: Tensor) => open(0, dear, y).sum())(x)],
    ['one of cheap steps', 10, true, x => grad((y: Tensor) => open(150, s => s.sin(), y).sum())(x)],
    ['two of unknown length', 8000, true, x => grad(opens)(x)],
    ['one in a loop', 5000, true, x => grad(openInside)(x)],
    ['a loop in one', 5000, true, x => grad(insideOpen)(x)],
    ['one with a state of two parts', 5000, true, x => grad(openExchange)(x)],
    ['a tangent of its gradient', 5000, true, x => jvp(grad(openExchange), [x], [x]).tangent],
  ])('%s: the same bits for every memory and every store', (_, length, spills, f) => {
    const x = vector(length)
    const program = programOf(f, x)
    const ample = run(program, x)
    expect(ample.executable.spilledBytes).toBe(0)
    const [least, most] = [leastBytesOf(program, Number.POSITIVE_INFINITY), ample.executable.peakBytes]
    expect(least).toBeLessThanOrEqual(leastBytesOf(program, 0))
    let writes = 0
    for (const part of [0, 0.3, 0.7, 1]) {
      const memoryBytes = Math.round(least * (most / least) ** part)
      const { counts, bits } = run(program, x, memoryBytes)
      expect(bits).toEqual(ample.bits)
      writes = Math.max(writes, counts.writes)
    }
    expect(writes > 0).toBe(spills)
  })

  test.each<[string, (x: Tensor) => Tree<Tensor>]>([
    ['one loop', chain(100)],
    ['several', x => grad(nested)(x)],
    [
      'two pullbacks over the states of one loop',
      x => {
        const { pullback } = vjp((y: Tensor) => forLoop(100, (_, s: Tensor) => step(s), y), x)
        return [pullback(x)[0], pullback(x.mul(2).add(1))[0]]
      },
    ],
    ['second derivatives', x => jvp(grad(nested), [x], [x]).tangent],
    ['a loop of unknown length', x => grad((y: Tensor) => open(150, dear, y).sum())(x)],
    ['two of unknown length', x => grad(opens)(x)],
    ['a loop in one', x => grad(insideOpen)(x)],
  ])('%s within the bytes of a store', (_, f) => {
    const x = vector(4000)
    const program = programOf(f, x)
    const ample = run(program, x)
    const memoryBytes = Math.round(1.2 * leastBytesOf(program, 0))
    const without = run(program, x, memoryBytes, 0)
    const { spilledBytes } = run(program, x, memoryBytes).executable
    expect(spilledBytes).toBeGreaterThan(0)
    for (const spillBytes of [512, 20_000, Math.floor(spilledBytes / 3), spilledBytes - 1, spilledBytes]) {
      const { executable, bits } = run(program, x, memoryBytes, spillBytes)
      expect(bits).toEqual(ample.bits)
      expect(executable.spilledBytes).toBeLessThanOrEqual(spillBytes)
      expect(costOf(executable)).toBeLessThanOrEqual(costOf(without.executable))
    }
  })

  test('a store is used only where that costs less', () => {
    const x = vector(20_000)
    const program = programOf(chain(100), x)
    const small = programOf(chain(100), vector(10))
    for (const memoryBytes of [1, 2, 4, 16].map(part => 600_000 * part)) {
      const without = run(program, x, memoryBytes, 0).executable
      const { executable } = run(program, x, memoryBytes)
      expect(costOf(executable)).toBeLessThanOrEqual(costOf(without))
      if (executable.spilledBytes > 0) expect(costOf(executable)).toBeLessThan(costOf(without))
    }
    // Ten numbers are sooner computed again than a file is asked for them.
    expect(run(small, vector(10), 8000).executable.spilledBytes).toBe(0)
  })

  test('several loops share a store, and need no more memory with it than without', () => {
    const x = vector(3000)
    const both = (x: Tensor) => {
      const first = forLoop(60, (_, s: Tensor) => step(s), x)
      return forLoop(40, (_, s: Tensor) => step(s).mul(0.9), first.exp()).sum()
    }
    const program = programOf(x => grad(both)(x), x)
    const leastOf = (spillBytes: number) => {
      try {
        compile(program, { memoryBytes: 1, spillBytes })
      } catch (error) {
        return (error as BudgetError).leastBytes
      }
      return 0
    }
    const { bits } = run(program, x)
    const leastWithout = leastOf(0)
    for (const spillBytes of [12_288, 500_000]) {
      const least = leastOf(spillBytes)
      expect(least).toBeLessThanOrEqual(leastWithout)
      for (const memoryBytes of [least, leastWithout + 60_000]) {
        const within = run(program, x, memoryBytes, spillBytes)
        expect(within.bits).toEqual(bits)
        expect(within.executable.spilledBytes).toBeLessThanOrEqual(spillBytes)
        if (memoryBytes < leastWithout) continue
        expect(costOf(within.executable)).toBeLessThanOrEqual(
          costOf(run(program, x, memoryBytes, 0).executable),
        )
      }
    }
  })

  test('10,000 steps of 16 KiB in 256 KiB', () => {
    const x = vector(4096)
    const program = programOf(chain(10_000), x)
    const { executable, bits } = run(program, x, 2 ** 18)
    expect(executable.spilledBytes).toBeGreaterThan(0)
    expect(bits).toEqual(run(program, x).bits)
  })
})

describe('the option `spill`', () => {
  const loss = (x: Tensor) => forLoop(100, (_, s: Tensor) => step(s), x).sum()
  const x = vector(20_000)

  test('of a transformation takes a directory or a store', () => {
    const expected = grad(loss)(x).toArray()
    const { spill, counts } = counted()
    for (const where of [{ directory }, { directory, bytes: '100 MB' }, spill]) {
      const gradient = grad(loss, { memory: '1 MiB', spill: where })
      for (let call = 0; call < 2; call++) expect(gradient(x).toArray()).toEqual(expected)
    }
    expect(counts.clears).toBe(2)
    expect(counts.writes).toBeGreaterThan(0)
    expect(() => grad(loss, { spill: 'there' as never })).toThrow(OptionError)
  })

  test('what a store cannot do is an error of the call, and the next call is as good as the first', () => {
    const { spill } = counted()
    let full = true
    const store: SpillStore = {
      ...spill,
      write(slot, bytes) {
        if (full && slot > 0) {
          throw new SpillError({ summary: 'There is no room.', data: { systemCode: 'ENOSPC' } })
        }
        spill.write(slot, bytes)
      },
    }
    const gradient = grad(loss, { memory: '1 MiB', spill: store })
    expect(() => gradient(x)).toThrow(SpillError)
    full = false
    expect(gradient(x).toArray()).toEqual(grad(loss)(x).toArray())
  })

  test('an executable that spills wants an arena with a store', () => {
    const executable = compile(
      programOf(x => grad(loss)(x), x),
      {
        memoryBytes: 2 ** 20,
        spillBytes: 2 ** 30,
      },
    )
    expect(executable.spilledBytes).toBeGreaterThan(0)
    const arena = new Arena({ maximumBytes: 2 ** 20 })
    arena.load(executable)
    expect(() => arena.run()).toThrow(OptionError)
    expect(structuredClone({ ...executable, module: 0 })).toEqual({ ...executable, module: 0 })
  })
})
