import { describe, expect, it } from 'vitest'
import {
  Arena,
  BudgetError,
  compile,
  costOf,
  cumsum,
  type Executable,
  matmul,
  mul,
  PAGE_BYTES,
  type Program,
  pageCeil,
  pageFloor,
  record,
  sin,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '../index.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

/** A chain whose values all wait for the last step. */
const residuals = (rows: number, depth: number): Program =>
  record(x => {
    const values: Tensor[] = [x]
    for (let k = 0; k < depth; k++) values.push(cumsum(tanh(values.at(-1) as Tensor)))
    return values.reduceRight((total, value) => mul(total, value))
  }, f32(rows)).program

const product = record((x, w) => matmul(x, w), f32(2, 3), f32(3, 2)).program

function run(executable: Executable, ...inputs: number[][]): number[] {
  const arena = new Arena()
  arena.load(executable)
  inputs.forEach((values, k) => {
    arena.write(k, new Float32Array(values))
  })
  arena.run()
  return Array.from(arena.read(0))
}

describe('pages', () => {
  it.each([
    [0, 0, 0],
    [1, PAGE_BYTES, 0],
    [PAGE_BYTES, PAGE_BYTES, PAGE_BYTES],
    [PAGE_BYTES + 1, 2 * PAGE_BYTES, PAGE_BYTES],
  ])('%i bytes take %i and hold %i', (bytes, ceil, floor) => {
    expect([pageCeil(bytes), pageFloor(bytes)]).toEqual([ceil, floor])
  })
})

describe('an arena', () => {
  it('cannot grow past its maximum, whoever asks', () => {
    const arena = new Arena({ maximumBytes: 2 * PAGE_BYTES + 100 })
    expect(arena.maximumBytes).toBe(2 * PAGE_BYTES)
    expect(arena.bytes).toBe(0)
    arena.memory.grow(2)
    expect(() => arena.memory.grow(1)).toThrow(RangeError)
  })

  it('takes no more pages than its executable needs', () => {
    const executable = compile(residuals(10_000, 3))
    const arena = new Arena()
    arena.load(executable)
    expect(arena.bytes).toBe(pageCeil(executable.peakBytes))
  })

  it('refuses an executable that is larger, and says how large it is', () => {
    const executable = compile(residuals(50_000, 2))
    const arena = new Arena({ maximumBytes: PAGE_BYTES })
    let refused: unknown
    try {
      arena.load(executable)
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(BudgetError)
    expect(refused).toMatchObject({
      budgetBytes: PAGE_BYTES,
      leastBytes: pageCeil(executable.peakBytes),
    })
    expect(arena.bytes).toBe(0)
  })

  it('runs executables in turn, with the constants of each', () => {
    const [two, three] = [2, 3].map(factor =>
      compile(record(x => mul(x, tensor([factor, 10 * factor])), f32(2)).program),
    ) as [Executable, Executable]
    const arena = new Arena()
    const results = [two, three, two].map(executable => {
      arena.load(executable)
      arena.write(0, new Float32Array([1, 1]))
      arena.run()
      return Array.from(arena.read(0))
    })
    expect(results).toEqual([
      [2, 20],
      [3, 30],
      [2, 20],
    ])
  })

  it('wants something loaded, and inputs of the right size', () => {
    const arena = new Arena()
    expect(() => arena.run()).toThrow('no executable loaded')
    arena.load(compile(product))
    expect(() => arena.write(0, new Float32Array(5))).toThrow('Input 0 has 5 elements')
  })
})

describe('pinned inputs', () => {
  const depth = 12
  const rows = 2000
  /** Long enough that the planner uses the room of an input that it may drop. */
  const program = record(
    (x, w) => {
      let y = mul(x, w)
      // What has to be stored in between.
      for (let k = 0; k < depth; k++) y = cumsum(sin(mul(y, 3)))
      return sum(y)
    },
    f32(rows),
    f32(rows),
  ).program
  const values = (seed: number) => Float32Array.from({ length: rows }, (_, k) => Math.sin(seed + k))

  it('survive runs, and the others are written anew', () => {
    const executable = compile(program, { pinned: [false, true] })
    expect(executable.inputs.map(({ pinned }) => pinned)).toEqual([false, true])
    const arena = new Arena()
    arena.load(executable)
    arena.write(1, values(2))
    const once = (x: Float32Array<ArrayBuffer>) => {
      arena.write(0, x)
      arena.run()
      return arena.read(0)[0]
    }
    const [first, second, again] = [once(values(1)), once(values(5)), once(values(1))]
    expect(again).toBe(first)
    expect(second).not.toBe(first)
    expect(Array.from(arena.view(executable.inputs[1] as Executable['inputs'][number]))).toEqual(
      Array.from(values(2)),
    )
  })

  it('take room that the others give away', () => {
    const free = compile(program)
    const pinned = compile(program, { pinned: [true, true] })
    expect(free.peakBytes).toBeLessThan(pinned.peakBytes)
    expect(run(free, [...values(1)], [...values(2)])).toEqual(run(pinned, [...values(1)], [...values(2)]))
  })
})

describe('compile', () => {
  it('lays statics, inputs and outputs inside of the peak, apart from each other', () => {
    const executable = compile(record(x => mul(x, tensor([2, 3])), f32(2)).program)
    const ranges = [
      ...executable.statics.map(({ offset, data }) => [offset, offset + data.length]),
      ...executable.inputs.map(({ offset }) => [offset, offset + 8]),
    ].sort(([a], [b]) => (a as number) - (b as number)) as [number, number][]
    ranges.forEach(([begin, end], k) => {
      expect(begin).toBeGreaterThanOrEqual(ranges[k - 1]?.[1] ?? 0)
      expect(end).toBeLessThanOrEqual(executable.peakBytes)
    })
    for (const { offset } of [...executable.inputs, ...executable.outputs]) expect(offset % 16).toBe(0)
  })

  it('pays for fewer bytes with more work, and says how much', () => {
    const program = residuals(1000, 16)
    const ample = compile(program)
    const least = fewest(program)
    const tight = compile(program, { memoryBytes: least })
    expect(ample.extraCost).toBe(0)
    expect(ample.cost).toBeLessThan(costOf(program))
    expect(tight.peakBytes).toBeLessThanOrEqual(least)
    expect(tight.peakBytes).toBeLessThan(ample.peakBytes)
    expect(tight.cost).toBeGreaterThanOrEqual(ample.cost)
    expect(tight.extraCost).toBeGreaterThan(0)
    const x = Array.from({ length: 1000 }, (_, k) => Math.fround(Math.cos(k)))
    expect(run(tight, x)).toEqual(run(ample, x))
  })

  it('has one hash for equal programs and plans, another for others', () => {
    const one = compile(residuals(100, 8))
    expect(compile(residuals(100, 8)).hash).toBe(one.hash)
    expect(compile(residuals(100, 9)).hash).not.toBe(one.hash)
    expect(compile(residuals(100, 8), { pinned: [true] }).hash).not.toBe(one.hash)
    const constant = (value: number) => compile(record(x => mul(x, value), f32(2)).program).hash
    expect(constant(2)).not.toBe(constant(3))
    const kept = compile(residuals(1000, 16))
    expect(compile(residuals(1000, 16), { memoryBytes: fewest(residuals(1000, 16)) }).hash).not.toBe(
      kept.hash,
    )
  })

  it('gives an executable that is plain data: a structured clone runs', () => {
    const executable = compile(product)
    const clone = structuredClone(executable)
    expect(clone.hash).toBe(executable.hash)
    const [x, w] = [
      [1, 2, 3, 4, 5, 6],
      [1, 0, 0, 1, 1, 1],
    ]
    expect(run(clone, x, w)).toEqual(run(executable, x, w))
    expect(run(clone, x, w)).toEqual([4, 5, 10, 11])
  })

  it('runs in shared memory', () => {
    const executable = compile(product, { shared: true })
    const arena = new Arena({ maximumBytes: PAGE_BYTES, shared: true })
    arena.load(executable)
    expect(arena.memory.buffer).toBeInstanceOf(SharedArrayBuffer)
    arena.write(0, new Float32Array([1, 0, 0, 0, 1, 0]))
    arena.write(1, new Float32Array([1, 2, 3, 4, 5, 6]))
    arena.run()
    expect(Array.from(arena.read(0))).toEqual([1, 2, 3, 4])
  })

  it('takes programs without instructions', () => {
    const identity = record(x => x, f32(3)).program
    expect(run(compile(identity), [1, 2, 3])).toEqual([1, 2, 3])
    const constant = record(() => tensor([4, 5])).program
    expect(run(compile(constant))).toEqual([4, 5])
  })

  it('takes one value as several outputs, and views of it', () => {
    const { program } = record(x => {
      const y = square(x)
      return [y, y.reshape([2, 1]), x]
    }, f32(2))
    const executable = compile(program)
    const arena = new Arena()
    arena.load(executable)
    arena.write(0, new Float32Array([3, 4]))
    arena.run()
    expect([0, 1, 2].map(k => Array.from(arena.read(k)))).toEqual([
      [9, 16],
      [9, 16],
      [3, 4],
    ])
    expect(executable.outputs.map(({ aval }) => aval.shape)).toEqual([[2], [2, 1], [2]])
  })
})

/** The fewest bytes that a program compiles into. */
function fewest(program: Program): number {
  try {
    compile(program, { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
  }
  throw new Error('No BudgetError.')
}
