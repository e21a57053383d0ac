import { randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  againWithLines,
  BudgetError,
  checkpoint,
  compile,
  grad,
  hessian,
  jacobian,
  jit,
  matmul,
  named,
  type Program,
  record,
  scan,
  simplify,
  softmax,
  type Tensor,
  tensor,
  valueAndGrad,
  vmap,
} from '../index.js'
import { withLines } from '../record/index.js'

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const
const zeros = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape })

/** A message without what depends on the lines of this file, and on the planner. */
const worded = (text: string) =>
  text
    .replace(/explained\.test\.ts:\d+:\d+/g, 'model.ts:line')
    .replace(/\d+ bytes(?! of|\.)( \(.*?\))?/g, '… bytes')

const layer = (x: Tensor, w: Tensor) => named(matmul(x, w), 'hidden').tanh()
const loss = (w: Tensor, x: Tensor) => layer(layer(x, w), w).square().sum()

describe('a transformed function explains its calls', () => {
  test('from tensors or avals, without running them', () => {
    const f = grad(loss, { memory: '256 KiB' })
    const explanation = f.explain(f32(64, 64), f32(128, 64))
    expect(f.explain(zeros(64, 64), zeros(128, 64))).toEqual(explanation)
    expect(explanation.peakBytes).toBeLessThanOrEqual(256 * 1024)
    expect(explanation.budgetBytes).toBe(256 * 1024)
    expect(explanation.values.filter(({ name }) => name === 'hidden')).toHaveLength(2)
  })

  test('whatever the transformation', () => {
    const x = f32(4)
    const square = (x: Tensor) => x.square().sum()
    const all = [
      jit(square).explain(x),
      valueAndGrad(square).explain(x),
      grad(square).explain(x),
      vmap(square).explain(f32(3, 4)),
      jacobian((y: Tensor) => y.square()).explain(x),
      hessian(square).explain(x),
      jit(({ a, k }: { a: Tensor; k: number }) => a.mul(k)).explain({ a: x, k: 2 }),
    ]
    for (const { values, timeline } of all) {
      expect(values[0]?.op).toBe('input')
      expect(timeline.length).toBeGreaterThan(0)
    }
  })

  test('define by run, along the path that the values take', () => {
    const f = jit((x: Tensor) => (x.item() > 0 ? x.exp().sin() : x.neg()), { dynamic: true })
    const opsOf = (x: number) =>
      f
        .explain(x as never)
        .values.map(({ op }) => op)
        .slice(1)
    expect(opsOf(1)).toEqual(['exp+sin'])
    expect(opsOf(-1)).toEqual(['neg'])
    expect(() => f.explain({ dtype: 'f32', shape: [] })).toThrow(expect.objectContaining({ code: 'RECORD' }))
  })

  test('values know the line that they, or what they are the derivative of, come from', () => {
    const { values } = grad(loss).explain(f32(8, 8), f32(4, 8))
    const atOf = (op: string) =>
      new Set(values.filter(value => value.op === op).map(({ at }) => at?.split(':')[1]))
    // Products and their pullbacks are all of one line, tanh of the same.
    expect(atOf('matmul').size).toBe(1)
    expect(atOf('tanh')).toEqual(atOf('matmul'))
    expect(values.filter(({ op }) => op !== 'input' && op !== 'constant').every(({ at }) => at)).toBe(true)
  })

  test('and those inside of checkpointed functions too', () => {
    const f = checkpoint(layer, { keep: ['hidden'] })
    const { values } = grad((w: Tensor, x: Tensor) => f(f(x, w), w).square().sum()).explain(
      f32(8, 8),
      f32(4, 8),
    )
    const named = values.filter(({ name }) => name === 'hidden')
    expect(named).toHaveLength(2)
    expect(named.map(({ at }) => at?.split(':')[1])).toEqual(
      grad(loss)
        .explain(f32(8, 8), f32(4, 8))
        .values.filter(({ name }) => name === 'hidden')
        .map(({ at }) => at?.split(':')[1]),
    )
  })
})

describe('a budget error names the line', () => {
  const screen = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (error instanceof BudgetError) return worded(error.message)
      throw error
    }
    throw new Error('It fits.')
  }

  test('of an instruction, and of one whose pullback it is', () => {
    expect(
      screen(() => jit(loss, { memory: '64 KiB' })(zeros(200, 200), zeros(100, 200))),
    ).toMatchInlineSnapshot(`
      "No plan fits 65536 bytes.
        expected  at least … bytes, in whole pages of 65536
        at        %2 f32[100,200] = matmul %1 f32[100,200], %0 f32[200,200], recorded at model.ts:line
        fix       give it … bytes, or use smaller batches or layers"
    `)
    expect(
      screen(() => grad(loss, { memory: '64 KiB' })(zeros(200, 200), zeros(100, 200))),
    ).toMatchInlineSnapshot(`
      "No plan fits 65536 bytes.
        expected  at least … bytes, in whole pages of 65536
        at        %13 f32[100,200] = matmul %12 f32[100,200], %0 f32[200,200], recorded at model.ts:line
        fix       give it … bytes, or use smaller batches or layers"
    `)
  })

  test('of a loop', () => {
    const f = (x: Tensor) => scan((c: Tensor) => [c.sin(), null], x, null, { length: 9 })[0].sum()
    expect(screen(() => grad(f, { memory: '64 KiB' })(zeros(20_000)))).toMatch(
      /at +%.* recorded at model\.ts:line/,
    )
  })

  test('and so does one of explain', () => {
    expect(screen(() => grad(loss, { memory: '64 KiB' }).explain(f32(200, 200), f32(100, 200)))).toContain(
      'recorded at model.ts:line',
    )
  })

  test('or says that there are too many to look up', () => {
    const run = () => compile(record(loss, f32(8, 8), f32(4, 8)).program, { memoryBytes: 16 })
    expect(screen(() => againWithLines(run, run, () => 50_000))).toMatch(/at .* recorded at model\.ts:line\n/)
    expect(screen(() => againWithLines(run, run, () => 50_001))).toMatch(
      /at +%.*, of 50001 instructions: too many to look up their lines\n/,
    )
  })

  test('unless the function is another one the second time', () => {
    let calls = 0
    const f = jit((x: Tensor) => (calls++ === 0 ? x.exp() : x.sum()), { memory: '64 KiB' })
    expect(screen(() => f(zeros(20_000)))).not.toContain('recorded at')
  })
})

test('lines change nothing of what is recorded', () => {
  const bare = (program: Program) =>
    JSON.parse(JSON.stringify(program, (key, part) => (key === 'at' ? undefined : part)))
  fc.assert(
    fc.property(randomPrograms({ maxSteps: 16 }), ({ inputs, loss }) => {
      const xs = inputs.map(({ values, shape }) => tensor(Float64Array.from(values), { shape }))
      const f = checkpoint(
        (...xs: Tensor[]) =>
          scan((c: Tensor) => [c.add(loss(...xs)), null], loss(...xs), null, { length: 2 })[0],
        {
          keep: 'everything',
        },
      )
      const g = (...xs: Tensor[]) => softmax(grad(f)(...xs).reshape([-1]))
      if (xs[0]?.size === 0) return
      const program = () => simplify(record(g, ...xs).program)
      const located = withLines(program)
      expect(bare(located)).toEqual(bare(program()))
      expect(JSON.stringify(program())).not.toContain('"at"')
      expect(JSON.stringify(located)).toContain('"at"')
    }),
    { numRuns: 10 },
  )
})
