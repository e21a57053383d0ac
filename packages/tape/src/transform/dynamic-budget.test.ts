import { randomPrograms, toTensor } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { folded, pullback, replay } from '../derive/index.js'
import { BudgetError } from '../errors.js'
import {
  dataOf,
  foldIn,
  forLoop,
  grad,
  jit,
  normal,
  RecordError,
  randomKey,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../index.js'
import { type Recording, record, recordOn, scalarLike, Tape } from '../record/index.js'
import { bringToPlace, type Given, Residents, resume } from '../resident/index.js'
import { withoutRepetitions } from '../rewrite/index.js'
import { Arena, execute, PAGE_BYTES } from '../run/index.js'
import { dynamically } from './dynamic.js'
import { type Compiled, Engine } from './engine.js'

const bits = (x: Tensor) => new Uint8Array(x.toTypedArray().buffer)

/** An engine that counts what it compiles. */
class Counting extends Engine {
  count = 0
  override keep<C extends Compiled>(key: string, compiled: C): C {
    this.count++
    return super.keep(key, compiled)
  }
}

/** The gradient of a loss of one tensor, recorded with values in the arena of an engine. */
const gradientIn = (engine: Engine, loss: (x: Tensor) => Tensor) => (x: Tensor) =>
  dynamically(engine, loss, [x], [x], (recording: Recording, inputs) => {
    const program = withoutRepetitions(recording.program)
    const values = replay(program, inputs)
    const out = values[program.outputs[0] as number] as Tensor
    return pullback(program, values, [scalarLike(out, 1)], [true])[0] as Tensor
  }) as Tensor

const ramp = (length: number) => tensor(Float32Array.from({ length }, (_, k) => k / length))

/** y' = −sin y, by a loop of JavaScript that looks at its state now and then. */
const euler = (steps: number, look: (k: number, y: Tensor) => void) => (x: Tensor) => {
  let y = x
  for (let k = 0; k < steps; k++) {
    y = y.sub(y.sin().mul(0.01))
    look(k, y)
  }
  return y.sum()
}
const eulerLoop = (steps: number) => (x: Tensor) =>
  forLoop(steps, (_, y) => y.sub(y.sin().mul(0.01)), x).sum()

describe('define by run within a budget', () => {
  test('a tape of twenty times the budget is recorded, differentiated and run within it', () => {
    const x = ramp(8192)
    const memory = Math.floor(1.4 * 2 ** 20)
    const engine = new Counting({ memory })
    const held: number[] = []
    const loss = euler(300, (k, y) => {
      if (k % 100 === 50) y.at(0).item()
      if (k % 10 === 0) held.push(process.memoryUsage().arrayBuffers)
    })
    expect(300 * 3 * 4 * 8192).toBeGreaterThan(20 * memory)
    const gradient = bits(gradientIn(engine, loss)(x))
    expect(gradient).toEqual(bits(grad(loss, { dynamic: true })(x)))
    expect(gradient).toEqual(bits(grad(eulerLoop(300))(x)))
    expect(engine.arena.memory.buffer.byteLength).toBeLessThanOrEqual(memory)
    // Nor are values anywhere else.
    expect((held[29] as number) - (held[0] as number)).toBeLessThan(memory)
    // The same path leaves the same values behind, and is not compiled again.
    expect(bits(gradientIn(engine, loss)(x))).toEqual(gradient)
    expect(engine.count).toBe(1)
  })

  test('from the least bytes that the error names on, every budget will do', () => {
    const x = ramp(12_288)
    const loss = euler(25, () => {})
    const want = bits(grad(eulerLoop(25))(x))
    let least = PAGE_BYTES
    const tried: number[] = []
    for (;;) {
      try {
        expect(bits(grad(loss, { dynamic: true, memory: least })(x))).toEqual(want)
        break
      } catch (error) {
        if (!(error instanceof BudgetError)) throw error
        expect(error.budgetBytes).toBe(least)
        expect(error.leastBytes).toBeGreaterThan(least)
        tried.push(least)
        least = error.leastBytes
      }
    }
    // The first error names the bytes of the whole path.
    expect(tried).toEqual([PAGE_BYTES])
    for (let memory = least; memory <= 40 * PAGE_BYTES; memory += 7 * PAGE_BYTES) {
      const engine = new Engine({ memory })
      expect(bits(gradientIn(engine, loss)(x))).toEqual(want)
      expect(engine.arena.bytes).toBeLessThanOrEqual(memory)
    }
    // With fewer, values that are resident may help by luck, but not with one page less; else the error names as many.
    for (let memory = PAGE_BYTES; memory < least; memory += PAGE_BYTES) {
      try {
        expect(bits(grad(loss, { dynamic: true, memory })(x))).toEqual(want)
        expect(memory).toBeLessThan(least - PAGE_BYTES)
      } catch (error) {
        if (!(error instanceof BudgetError)) throw error
        expect(error.leastBytes).toBe(least)
      }
    }
  })

  test('paths that values choose have the bits of the same path recorded without values', () => {
    const step = fc.record({
      op: fc.constantFrom('sin', 'tanh', 'add', 'sub', 'mul', 'maximum'),
      from: fc.tuple(fc.nat(), fc.nat()),
      look: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        (steps, pages) => {
          /** Without choices it looks at values and chooses; then it chooses as it did. */
          const path = (choices: boolean[] | undefined, chosen: boolean[]) => (x: Tensor) => {
            const values = [x]
            for (const { op, from, look } of steps) {
              const [a, b] = from.map(k => values[k % values.length] as Tensor) as [Tensor, Tensor]
              const y = op === 'sin' || op === 'tanh' ? a[op]() : a[op as 'add'](b)
              const keep = !look || (choices ? choices[chosen.length] : y.at(7).item() > 0)
              chosen.push(keep === true)
              values.push(keep ? y : y.mul(-0.5))
            }
            return (values.at(-1) as Tensor).mean()
          }
          const x = ramp(1500)
          const choices: boolean[] = []
          const want = bits(
            grad((x: Tensor) => path(undefined, choices).call(undefined, x), { dynamic: true })(x),
          )
          const made = choices.slice(-steps.length)
          expect(bits(grad(path(made, []))(x))).toEqual(want)
          for (let memory = pages * PAGE_BYTES; ; ) {
            const engine = new Engine({ memory })
            try {
              expect(bits(gradientIn(engine, path(undefined, []))(x))).toEqual(want)
              break
            } catch (error) {
              if (!(error instanceof BudgetError)) throw error
              expect(error.leastBytes).toBeGreaterThan(memory)
              memory = error.leastBytes
            } finally {
              expect(engine.arena.bytes).toBeLessThanOrEqual(memory)
            }
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  test('random programs run on from whatever is left of them, with the same bits', () => {
    fc.assert(
      fc.property(
        randomPrograms({ maxSteps: 25 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (made, kept, share) => {
          const inputs = made.inputs.map(toTensor)
          const arena = new Arena({ maximumBytes: 4 * PAGE_BYTES })
          const residents = new Residents(arena, { keepBytes: kept * 8000 })
          const tape = new Tape(residents)
          const recording = recordOn(tape, (...xs) => made.loss(...(xs as Tensor[])), inputs)
          const program = folded(recording.program)
          const whole = record(
            (...xs) => {
              const values = replay(program, xs)
              const out = values[program.outputs[0] as number] as Tensor
              const cts = pullback(
                program,
                values,
                [scalarLike(out, 1)],
                inputs.map(() => true),
              )
              return [out, ...cts.map((ct, k) => ct ?? (xs[k] as Tensor).mul(0))]
            },
            ...inputs.map(x => x.aval),
          ).program
          const there: Given[] = tape.values.flatMap((value, line) =>
            value?.storage.block && !('data' in value.storage.origin) && value.storage.aval === value.aval
              ? [{ value: line, offset: value.storage.block.offset, bytes: value.storage.bytes }]
              : [],
          )
          residents.vacate()
          const from = (there: readonly Given[], memoryBytes: number) =>
            resume({ recorded: program, program: whole, there }, { memoryBytes, spillBytes: 0 }, 'fast')
          const scratch = from([], Number.POSITIVE_INFINITY)
          const data = inputs.map(x => dataOf(x))
          const results = (arena: Arena, resumed: typeof scratch) =>
            execute(arena, resumed.executable, data).map(({ data }) => new Uint8Array(data.buffer))
          const want = results(new Arena(), scratch)
          let least = 0
          try {
            from([], 1)
          } catch (error) {
            least = (error as BudgetError).leastBytes
          }
          const { peakBytes, cost } = scratch.executable
          const limit = Math.floor(least + share * (peakBytes - least))
          const resumed = from(there, limit)
          expect(resumed.executable.peakBytes).toBeLessThanOrEqual(limit)
          const before = scratch.executable.peakBytes <= limit ? cost : Number.POSITIVE_INFINITY
          expect(resumed.executable.cost + resumed.executable.extraCost).toBeLessThanOrEqual(before)
          bringToPlace(arena, resumed)
          expect(results(arena, resumed)).toEqual(want)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('nothing is computed twice where memory is ample', () => {
    const x = ramp(1000)
    const loss = euler(20, () => {})
    const engine = new Counting({ memory: '1 MiB' })
    let executable: Compiled['executable'] | undefined
    engine.keep = (key, compiled) => {
      executable = compiled.executable
      return Engine.prototype.keep.call(engine, key, compiled) as typeof compiled
    }
    gradientIn(engine, loss)(x)
    const all = grad(loss)
    all(x)
    const whole = resume(
      { recorded: record(loss, x).program, program: record(all, x).program, there: [] },
      { memoryBytes: Number.POSITIVE_INFINITY, spillBytes: 0 },
      'fast',
    )
    expect(executable?.cost).toBeLessThan(0.8 * whole.executable.cost)
    expect(executable?.extraCost).toBe(0)
  })

  test('a value that has left is there when it is asked for', () => {
    const read: (readonly number[])[] = []
    const first = (x: Tensor) => {
      const early = x.exp()
      let y = early
      for (let k = 0; k < 30; k++) y = y.mul(y).sin()
      read.push([early.at(5).item(), (early.toArray() as number[])[5] as number, y.at(5).item()])
      return early.mul(y).sum()
    }
    const x = ramp(4000)
    const tight = grad(first, { dynamic: true, memory: 3 * PAGE_BYTES })(x)
    expect(bits(tight)).toEqual(bits(grad(first, { dynamic: true })(x)))
    expect(read[0]).toEqual(read[1])
    expect(read[0]?.[0]).toBe(x.exp().at(5).item())
  })

  test('states of a loop are not kept while it is recorded', () => {
    const x = ramp(1000)
    const loop = (x: Tensor) => forLoop(1000, (_, s) => s.sub(s.sin().mul(0.001)), x).sum()
    const f = grad((x: Tensor) => (x.at(0).item() > 1 ? x.sum() : loop(x)), {
      dynamic: true,
      memory: '256 KiB',
    })
    expect(bits(f(x))).toEqual(bits(grad(loop)(x)))
  })

  test('random numbers are those of the path recorded without values', () => {
    const noisy = (x: Tensor, key: Tensor) => {
      let y = x
      for (let k = 0; k < 25; k++)
        y = y
          .add(normal(foldIn(key, k), [2000]).mul(0.1))
          .mul(y)
          .tanh()
      return y.sum()
    }
    const [x, key] = [ramp(2000), randomKey(5)]
    const f = grad(noisy, { dynamic: true, memory: 2 * PAGE_BYTES })
    expect(bits(f(x, key))).toEqual(bits(grad(noisy)(x, key)))
  })

  test('an error in the function leaves everything as it was', () => {
    let fails = true
    const f = grad(
      (x: Tensor) => {
        let y = x
        for (let k = 0; k < 20; k++) y = y.mul(x).sin()
        if (fails) throw new RangeError('no')
        return y.sum()
      },
      { dynamic: true, memory: 2 * PAGE_BYTES },
    )
    const x = ramp(2000)
    expect(() => f(x)).toThrow(RangeError)
    fails = false
    const once = bits(f(x))
    fails = true
    expect(() => f(x)).toThrow(RangeError)
    fails = false
    expect(bits(f(x))).toEqual(once)
  })

  test('recordings inside of one another share an arena', () => {
    const x = ramp(2000)
    const power = (n: number, memory?: number) => {
      const f: (x: Tensor) => Tensor = jit(
        (x: Tensor) =>
          n-- > 0 && x.at(1).item() > -1
            ? f(x.mul(0.5))
                .mul(x)
                .add(f(tensor([1, n])).sum())
            : x,
        { dynamic: true, memory },
      )
      return f
    }
    expect(bits(power(6, 2 * PAGE_BYTES)(x))).toEqual(bits(power(6)(x)))
    const second = (memory?: number) =>
      grad(
        (x: Tensor) =>
          grad(
            euler(10, (_, y) => y.at(0).item()),
            { dynamic: true, memory },
          )(x)
            .square()
            .sum(),
        {
          dynamic: true,
          memory: memory && 2 * memory,
        },
      )
    expect(bits(second(4 * PAGE_BYTES)(x))).toEqual(bits(second()(x)))
  })

  test('a tensor that has left its recording has no value any more', () => {
    let left: Tensor | undefined
    const f = valueAndGrad(
      (x: Tensor) => {
        left = x.exp()
        return left.sum()
      },
      { dynamic: true },
    )
    f(ramp(3))
    expect(() => left?.item()).toThrow(RecordError)
    expect(String(left)).toBe('Tensor f32[3] = %1')
    expect(() => f(left as Tensor)).toThrow(RecordError)
  })
})
