import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  type BudgetError,
  compile,
  grad,
  named,
  plan,
  plansOf,
  record,
  scan,
  simplify,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
  where,
} from '../index.js'
import type { Program } from '../program/index.js'

import { lower } from '../run/index.js'
import { fuse } from './fuse.js'
import { inStrips } from './strips.js'

const opsOf = ({ instructions }: Program) => instructions.map(({ op }) => op)
const scansOf = (program: Program) => opsOf(inStrips(program)).filter(op => op === 'scan').length

/** v ← v·a − b·sin w and w ← w·a + b·v, over and over, of rows: nearly a rotation, so that nothing vanishes. */
const recurrence =
  (steps: number) =>
  (a: Tensor, b: Tensor, rows: Tensor): Tensor => {
    let [v, w] = [rows, rows.mul(0.5)]
    for (let k = 0; k < steps; k++) {
      v = v.mul(a).sub(w.sin().mul(b))
      w = w.mul(a).add(v.mul(b))
    }
    return v.mul(w)
  }

const rowsOf = (count: number, dtype: 'f32' | 'f64' = 'f32') =>
  tensor(
    Array.from({ length: count }, (_, k) => Math.sin(1 + k)),
    { dtype },
  )

const gradientOf = (steps: number, rows: Tensor, argnums = [0, 1]) =>
  simplify(
    record(
      (a, b, x) => {
        const { value, gradient } = valueAndGrad(recurrence(steps), { argnums })(a, b, x)
        return [value, ...gradient]
      },
      tensor(0.95, { dtype: rows.dtype }),
      tensor(0.31, { dtype: rows.dtype }),
      rows,
    ).program,
  )

/** Outputs of a program at some inputs, and the bytes it takes. */
function run(program: Program, inputs: readonly Tensor[], memory?: number) {
  const executable = compile(program, memory === undefined ? {} : { memoryBytes: memory })
  const arena = new Arena()
  arena.load(executable)
  for (const [k, x] of inputs.entries()) arena.write(k, x.toTypedArray())
  arena.run()
  const outputs = program.outputs.map((_, k) => Array.from(arena.read(k) as Float32Array))
  return { outputs, bytes: executable.peakBytes }
}

/** What each instruction gives, run by itself. */
function stepByStep(program: Program, inputs: readonly Tensor[]): readonly (readonly number[])[] {
  const alone = {
    ...program,
    outputs: [...program.outputs, ...program.instructions.flatMap(one => one.outputs)],
  }
  return run(alone, inputs).outputs.slice(0, program.outputs.length)
}

const parameters = (dtype: 'f32' | 'f64') => [tensor(0.95, { dtype }), tensor(0.31, { dtype })] as const

describe('long stretches of elementwise instructions', () => {
  test.each([
    { rows: 8192, dtype: 'f32', by: [0, 1], loops: 1 },
    { rows: 6000, dtype: 'f64', by: [0, 1, 2], loops: 1 },
    { rows: 10_007, dtype: 'f32', by: [2], loops: 2 },
    { rows: 4999, dtype: 'f64', by: [2], loops: 2 },
    // Their number has no blocks.
    { rows: 4999, dtype: 'f64', by: [0, 1], loops: 0 },
  ] as const)(
    'have the same bits in strips of $rows rows of $dtype, by $by',
    ({ rows, dtype, by, loops }) => {
      const x = rowsOf(rows, dtype)
      const program = gradientOf(60, x, [...by])
      expect(scansOf(program)).toBe(loops)
      const inputs = [...parameters(dtype), x]
      expect(run(program, inputs).outputs).toEqual(stepByStep(program, inputs))
    },
  )

  test('take the bytes of a strip, and what they read', () => {
    const bytesOf = (rows: number) => {
      const x = rowsOf(rows)
      return run(gradientOf(200, x), [...parameters('f32'), x]).bytes
    }
    const [few, many] = [bytesOf(16_384), bytesOf(65_536)]
    // The rows, and the losses of the rows before they are added; pairs of them while they are made.
    expect(many - few).toBeLessThan(4 * 4 * (65_536 - 16_384))
    expect(few).toBeLessThan(2 ** 20 + 4 * 4 * 16_384)
  })

  test('run with their sums of blocks, of which each strip has whole ones', () => {
    const f = (blocks: readonly number[]) => (a: Tensor, b: Tensor, rows: Tensor) => {
      const v = recurrence(100)(a, b, rows)
      return [
        v.reshape(blocks).sum({ axis: 1 }).max(),
        v.mul(2).reshape(blocks).sum({ axis: 1 }).min(),
        v.max(),
      ]
    }
    const x = rowsOf(9000)
    for (const blocks of [
      [18, 500],
      [90, 100],
      [9, 1000],
      [4500, 2],
      [2, 4500],
    ]) {
      const { program } = record(f(blocks), ...parameters('f32'), x)
      const inputs = [...parameters('f32'), x]
      expect(run(simplify(program), inputs).outputs).toEqual(stepByStep(simplify(program), inputs))
    }
  })

  test('are left where they are short, of few elements, or give as much as they keep', () => {
    expect(scansOf(gradientOf(400, rowsOf(1023)))).toBe(0)
    expect(scansOf(gradientOf(400, rowsOf(1024)))).toBe(1)
    expect(scansOf(gradientOf(10, rowsOf(8192)))).toBe(0)
    const all = record((x: Tensor) => {
      const given: Tensor[] = []
      let y = x
      for (let k = 0; k < 300; k++) {
        y = y.mul(0.9).add(0.1)
        given.push(y)
      }
      return given
    }, rowsOf(8192))
    expect(scansOf(simplify(all.program))).toBe(0)
  })

  test('names and views of all of it are no ends of a stretch', () => {
    const f = (a: Tensor, b: Tensor, rows: Tensor) =>
      recurrence(50)(a, b, named(recurrence(50)(a, b, rows), 'half')).reshape([8192])
    const x = rowsOf(8192)
    const { program } = record((a, b, x) => grad(f, { argnums: [0, 1] })(a, b, x), ...parameters('f32'), x)
    expect(scansOf(simplify(program))).toBe(1)
  })

  test('that save less than a third, or cost much, are not taken', () => {
    const chain = (length: number) => (a: Tensor, rows: Tensor) => {
      const values = [rows]
      for (let k = 0; k < length; k++) {
        const last = values.at(-1) as Tensor
        const before = values[Math.max(0, k - 59)] as Tensor
        values.push([() => last.abs(), () => last.mul(a), () => last.add(before)][k % 3]?.() as Tensor)
      }
      return values.at(-1) as Tensor
    }
    const x = rowsOf(20_001)
    const planned = (length: number) => {
      const program = simplify(record(chain(length), tensor(0.9), x).program)
      const ofStrips = fuse(inStrips(program))
      const { chosen, program: taken } = plansOf(program)(Number.POSITIVE_INFINITY)
      return {
        chosen,
        isTaken: opsOf(taken).includes('scan'),
        isThere: opsOf(ofStrips).includes('scan'),
        program,
      }
    }
    // One kernel, whatever it keeps in registers.
    expect(planned(256)).toMatchObject({ isThere: false, isTaken: false })
    const long = planned(600)
    expect(long).toMatchObject({ isThere: true, isTaken: true })
    expect(long.chosen.peakBytes).toBeLessThan((2 / 3) * plan(lower(fuse(long.program), []).graph).peakBytes)
  })

  test('end where what they are summed to is read by those that follow', () => {
    const f = (a: Tensor, b: Tensor, rows: Tensor) => {
      const v = recurrence(80)(a, b, rows)
      const w = recurrence(80)(a, b, v.sub(v.mean()))
      return w.square()
    }
    const x = rowsOf(8192)
    const g = (a: Tensor, b: Tensor, rows: Tensor) => grad(f, { argnums: [0, 1] })(a, b, rows)
    const program = simplify(record(g, ...parameters('f32'), x).program)
    const inputs = [...parameters('f32'), x]
    expect(run(program, inputs).outputs).toEqual(stepByStep(program, inputs))
  })

  test('of matrices, with what is not differentiated and values of one element of any rank', () => {
    const f = (scale: Tensor, rows: Tensor) => {
      let y = rows
      for (let k = 0; k < 90; k++)
        y = y
          .mul(scale.reshape(k % 2 ? [1, 1] : [1]))
          .add(stopGradient(y).sin())
          .mul(0.5)
      return y.square().sum()
    }
    const x = rowsOf(96 * 64).reshape([96, 64])
    const program = simplify(record((s, x) => grad(f, { argnums: [0, 1] })(s, x), tensor(0.9), x).program)
    const inputs = [tensor(0.9), x]
    expect(run(program, inputs).outputs).toEqual(stepByStep(program, inputs))
  })

  test('beside a loop', () => {
    const f = (a: Tensor, b: Tensor, rows: Tensor) =>
      scan((c: Tensor) => [c.mul(a).add(recurrence(3)(a, b, rows).mean()), null] as const, a, null, {
        length: 4,
      })[0].add(recurrence(100)(a, b, rows).sum())
    const x = rowsOf(6000)
    const program = simplify(record(f, ...parameters('f32'), x).program)
    const inputs = [...parameters('f32'), x]
    expect(run(program, inputs).outputs).toEqual(stepByStep(program, inputs))
  })

  test('under every budget from the fewest bytes on: the same bits, and more bytes never cost more', () => {
    const x = rowsOf(8192)
    const program = gradientOf(60, x)
    const inputs = [...parameters('f32'), x]
    const want = run(program, inputs)
    let least = 1
    try {
      compile(program, { memoryBytes: least })
    } catch (error) {
      least = (error as BudgetError).leastBytes
    }
    const plans = plansOf(program)
    const costs: number[] = []
    for (let k = 0; k <= 8; k++) {
      const memory = Math.round(least + (k / 8) * (want.bytes - least))
      const { outputs, bytes } = run(program, inputs, memory)
      expect(outputs).toEqual(want.outputs)
      expect(bytes).toBeLessThanOrEqual(memory)
      const { chosen } = plans(memory)
      costs.push(chosen.cost + chosen.extraCost)
    }
    expect(costs).toEqual(costs.toSorted((a, b) => b - a))
  })

  test('of random programs, some with sums between: the bits of each instruction run by itself', () => {
    let loops = 0
    const step = fc.record({
      op: fc.constantFrom('add', 'mul', 'sin', 'less', 'scaled', 'centred'),
      from: fc.tuple(fc.nat(), fc.nat()),
    })
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 6, maxLength: 24 }),
        fc.integer({ min: 4096, max: 9000 }),
        fc.integer({ min: 0, max: 23 }),
        (steps, count, from) => {
          const f = (a: Tensor, b: Tensor, rows: Tensor) => {
            const values = [rows, rows.mul(b)]
            const last = (k: number) => values.at(-1 - (k % Math.min(40, values.length))) as Tensor
            for (let k = 0; k < 300; k++) {
              const one = steps[k % steps.length] as (typeof steps)[number]
              const [x, y] = one.from.map(last) as [Tensor, Tensor]
              // Means cut stretches short, so there are few of them.
              if (one.op === 'centred') values.push(k % 60 === from ? x.sub(y.mean()) : x.sub(y))
              else if (one.op === 'less') values.push(where(x.less(y), x, y.mul(b)))
              else if (one.op === 'scaled') values.push(x.mul(a))
              else values.push(one.op === 'sin' ? x.sin() : x[one.op as 'add'](y).mul(0.5))
            }
            return values.slice(-20).reduce((sum, x) => sum.add(x))
          }
          const g = (a: Tensor, b: Tensor, rows: Tensor) => grad(f, { argnums: [0, 1] })(a, b, rows)
          const x = rowsOf(count)
          const program = simplify(record(g, ...parameters('f32'), x).program)
          const inputs = [...parameters('f32'), x]
          loops += scansOf(program)
          expect(run(program, inputs).outputs).toEqual(stepByStep(program, inputs))
        },
      ),
      { numRuns: 12 },
    )
    expect(loops).toBeGreaterThan(0)
  })
})
