/**
 * What a checkpointed function keeps is kept, and changes no bit: counted in simplified programs, held to orders on bytes,
 * and compared over random programs with random predicates.
 */
import { randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Arena,
  BudgetError,
  checkpoint,
  compile,
  conv2d,
  dataOf,
  type Executable,
  einsum,
  grad,
  hessian,
  type InstructionFacts,
  jvp,
  type Keep,
  linearize,
  matmul,
  named,
  type Program,
  record,
  relu,
  scan,
  simplify,
  softmax,
  type Tensor,
  tensor,
  vjp,
  vmap,
} from '../index.js'

const policies: readonly Keep[] = [
  'nothing',
  'dots',
  'everything',
  ['hidden'],
  ({ op }) => op === 'tanh',
  ({ bytes }) => bytes > 100,
]

const size = 6
const drawn = (seed: number, ...shape: readonly number[]) =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(seed + 1.7 * k) / 2),
    { shape },
  )
const flat = (x: Tensor) => Array.from(x.toTypedArray())

/** A block of two layers with a residual connection, the first named. */
const block = (x: Tensor, w: Tensor, v: Tensor) =>
  matmul(named(matmul(x, w).tanh(), 'hidden'), v)
    .softplus()
    .add(x)

const stack = (layers: number, keep: Keep) => {
  const layer = checkpoint(block, { keep })
  return (w: Tensor, v: Tensor, x: Tensor) => {
    let state = x
    for (let k = 0; k < layers; k++) state = layer(state, w, v)
    return state.square().sum()
  }
}

const [w, v, x] = [drawn(1, size, size), drawn(2, size, size), drawn(3, 4, size)]

/** Instructions of a program and of all programs inside. */
function countOf(op: string, program: Program): number {
  const inside = (part: unknown): number => {
    if (typeof part !== 'object' || part === null) return 0
    if ('instructions' in part) return countOf(op, part as Program)
    return 0
  }
  return program.instructions.reduce(
    (sum, one) =>
      sum +
      Number(one.op === op) +
      Object.values(one.params).reduce<number>((n, part) => n + inside(part), 0),
    0,
  )
}

const gradientOf = (layers: number, keep: Keep) =>
  simplify(record(grad(stack(layers, keep), { argnums: [0, 1] }), w, v, x).program)

describe('what is kept', () => {
  test.each<[Keep, number, number]>([
    // A block has two products, and its pullback four; softplus and tanh need what they were given and gave.
    ['nothing', 2 + 4 + 2, 1 + 1],
    ['dots', 2 + 4, 1 + 1],
    ['everything', 2 + 4, 1],
    [['hidden'], 2 + 4 + 1, 1],
    [({ op }) => op === 'tanh', 2 + 4 + 1, 1],
    [({ name }) => name === 'hidden', 2 + 4 + 1, 1],
    [({ cost, bytes }) => cost > bytes * 4, 2 + 4, 1 + 1],
  ])('%s: products and tanh of three blocks', (keep, products, tanhs) => {
    const program = gradientOf(3, keep)
    // The first block needs no cotangent of its own input.
    expect(countOf('matmul', program)).toBe(3 * products - 1)
    expect(countOf('tanh', program)).toBe(3 * tanhs)
  })

  test('products of einsum and convolutions are dots', () => {
    const f = (x: Tensor, w: Tensor) =>
      relu(conv2d(einsum('bhwc,cd->bhwd', x, w), drawn(4, 2, 2, 3, 3))).exp()
    const of = (keep: Keep) => {
      const g = checkpoint(f, { keep })
      const { program } = record(
        grad((x: Tensor, w: Tensor) => g(x, w).square().sum()),
        { dtype: 'f64', shape: [1, 4, 4, 3] },
        { dtype: 'f64', shape: [3, 3] },
      )
      return (['matmul', 'conv2d', 'exp'] as const).map(op => countOf(op, simplify(program)))
    }
    expect(of('nothing')).toEqual([3, 2, 2])
    expect(of('dots')).toEqual([2, 1, 2])
    expect(of('everything')).toEqual([2, 1, 1])
  })

  test('a pullback of vjp, and a pushforward of linearize, compute only what is missing', () => {
    const told: string[] = []
    const f = checkpoint(block, {
      keep: ({ op }) => {
        told.push(op)
        return op === 'matmul'
      },
    })
    const whole = (x: Tensor) => f(x, w, v)
    expect(flat(vjp(whole, x).pullback(x)[0])).toEqual(flat(vjp(x => block(x, w, v), x).pullback(x)[0]))
    expect(flat(linearize(whole, x).pushforward(x))).toEqual(
      flat(linearize(x => block(x, w, v), x).pushforward(x)),
    )
    expect(new Set(told)).toEqual(new Set(['matmul', 'tanh', 'named', 'softplus', 'add']))
  })

  test('with everything it is the function as it stands', () => {
    const plain = (w: Tensor, v: Tensor, x: Tensor) =>
      block(block(block(x, w, v), w, v), w, v)
        .square()
        .sum()
    const opsOf = (program: Program) => program.instructions.map(({ op }) => op).toSorted()
    const of = (f: typeof plain) => simplify(record(grad(f, { argnums: [0, 1] }), w, v, x).program)
    expect(opsOf(of(stack(3, 'everything')))).toEqual(opsOf(of(plain)))
  })

  test('inside of loops and of batches', () => {
    const of = (keep: Keep) => {
      const layer = checkpoint((x: Tensor, w: Tensor) => matmul(x, w).tanh(), { keep })
      const step = (c: Tensor, w: Tensor) => layer(layer(c, w), w)
      const looped = (w: Tensor) =>
        scan((c: Tensor) => [step(c, w), null], x, null, { length: 4 })[0]
          .square()
          .sum()
      const mapped = (w: Tensor) =>
        vmap((row: Tensor) => layer(row.reshape([1, size]), w))(x)
          .square()
          .sum()
      return [looped, mapped].map(f => countOf('matmul', simplify(record(grad(f), w).program)))
    }
    // The pullback of a step runs its first layer, both in their pullbacks once more where nothing is kept, and four more.
    expect(of('nothing')).toEqual([2 + 1 + 2 + 4, 1 + 1 + 1])
    expect(of('dots')).toEqual([2 + 1 + 1 + 4, 1 + 1])
  })

  test('at order 2 too', () => {
    const of = (keep: Keep) =>
      simplify(
        record(
          grad((w: Tensor) => grad(stack(2, keep))(w, v, x).square().sum()),
          w,
        ).program,
      )
    const counts = (['nothing', ['hidden'], 'dots', 'everything'] as const).map(keep =>
      countOf('matmul', of(keep)),
    )
    expect(counts).toEqual(counts.toSorted((a, b) => b - a))
    expect(counts[2]).toBeLessThan(0.8 * (counts[0] as number))
    expect(countOf('tanh', of('everything'))).toBe(2)
  })

  test('nothing is kept where no pullback is', () => {
    for (const keep of policies) {
      const { program } = record(stack(2, keep), w, v, x)
      expect(countOf('matmul', simplify(program))).toBe(4)
      expect(stack(2, keep)(w, v, x).item()).toBe(stack(2, 'nothing')(w, v, x).item())
    }
  })

  test('inside of checkpointed functions: what those keep', () => {
    const of = (outer: Keep, inner: Keep) => {
      const f = checkpoint(block, { keep: inner })
      const g = checkpoint((x: Tensor, w: Tensor, v: Tensor) => f(f(x, w, v), w, v).square(), { keep: outer })
      const { program } = record(
        grad((w: Tensor) => g(x, w, v).exp().sum()),
        w,
      )
      return countOf('matmul', simplify(program))
    }
    // Four products forward, five backward: of the first block's input and of v there is no cotangent.
    const least = 4 + 5
    // The outer pullback runs both blocks again, and the inner ones run their own again.
    expect(of('nothing', 'nothing')).toBe(least + 4 + 4)
    expect(of('nothing', 'dots')).toBe(least + 4)
    expect(of('everything', 'nothing')).toBe(least + 4)
    expect(of('dots', 'dots')).toBe(least)
    expect(of('everything', 'everything')).toBe(least)
    expect(of(['hidden'], ['hidden'])).toBe(least + 2 + 2)
  })
})

/** The bytes that a budget error asks for. */
function leastOf(run: () => unknown): number {
  try {
    run()
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('One byte was enough.')
}

/** An MLP of layers, and blocks of attention with a network behind. */
const deep: Readonly<Record<string, (keep: Keep) => (w: Tensor, x: Tensor) => Tensor>> = {
  perceptron: keep => {
    const layer = checkpoint(
      (x: Tensor, w: Tensor) => named(matmul(x, w), 'hidden').tanh().square().exp().log(),
      {
        keep,
      },
    )
    return (w, x) =>
      [1, 2, 3, 4, 5]
        .reduce(h => layer(h, w), x)
        .square()
        .sum()
  },
  transformer: keep => {
    const layer = checkpoint(
      (x: Tensor, w: Tensor) => {
        const scores = softmax(matmul(matmul(x, w), x.transpose()).mul(0.25))
        const hidden = named(matmul(scores, x).add(x), 'hidden')
        return matmul(matmul(hidden, w).softplus(), w).add(hidden)
      },
      { keep },
    )
    return (w, x) =>
      [1, 2, 3]
        .reduce(h => layer(h, w), x)
        .square()
        .sum()
  },
}

describe.each(Object.entries(deep))('a deep %s', (_, of) => {
  const [w, x] = [drawn(1, 16, 16), drawn(2, 48, 16)]
  const compiled = (keep: Keep, memoryBytes?: number) =>
    compile(simplify(record(grad(of(keep)), w, x).program), { memoryBytes })
  const run = (executable: Executable) => {
    const arena = new Arena()
    arena.load(executable)
    for (const [k, tensor] of [w, x].entries()) arena.write(k, dataOf(tensor))
    arena.run()
    return Array.from(arena.read(0))
  }

  test('the more is kept, the more bytes and the less work', () => {
    const all = (['nothing', 'dots', 'everything'] as const).map(keep => compiled(keep))
    const [nothing, dots, everything] = all.map(({ peakBytes }) => peakBytes) as [number, number, number]
    expect(nothing).toBeLessThan(dots)
    expect(dots).toBeLessThan(everything)
    const [most, fewer, fewest] = all.map(({ cost }) => cost) as [number, number, number]
    expect(most).toBeGreaterThan(fewer)
    expect(most).toBeGreaterThan(fewest)
    const hidden = compiled(['hidden']).peakBytes
    expect(nothing).toBeLessThan(hidden)
    expect(hidden).toBeLessThan(everything)
  })

  test('a budget drops what was kept, and changes no bit', () => {
    const least = leastOf(() => compiled('everything', 1))
    const tight = compiled('everything', least)
    expect(tight.peakBytes).toBeLessThan(0.9 * compiled('everything').peakBytes)
    expect(tight.extraCost).toBeGreaterThan(0)
    const reference = run(compiled('nothing'))
    expect(run(tight)).toEqual(reference)
    for (const keep of policies) expect(run(compiled(keep))).toEqual(reference)
  })
})

/** A function through every transformation, as one list of numbers. */
function everyWay(f: (x: Tensor) => Tensor, x: Tensor): readonly (readonly number[])[] {
  const g = grad(f)
  const rows = tensor(Float64Array.from([...flat(x), ...flat(x.mul(0.5))]), { shape: [2, ...x.shape] })
  const looped = (y: Tensor) => scan((c: Tensor, r: Tensor) => [c.add(f(r)), f(r)], f(y), rows)
  return [
    flat(f(x)),
    flat(g(x)),
    flat(jvp(f, [x], [x]).tangent),
    flat(jvp(g, [x], [x]).tangent),
    flat(grad((y: Tensor) => g(y).mul(y).sum())(x)),
    flat(grad((y: Tensor) => jvp(f, [y], [x]).tangent)(x)),
    flat(vmap(f)(rows)),
    flat(vmap(g)(rows)),
    flat(grad((y: Tensor) => vmap(f)(y).square().sum())(rows)),
    flat(grad((y: Tensor) => looped(y)[0].add(looped(y)[1].sum()))(x)),
    flat(linearize(g, x).pushforward(x)),
  ]
}

describe('no bit depends on what is kept', () => {
  const some = policies.slice(1, 4)

  test.each(Object.entries(deep))('a %s, every way', (_, of) => {
    const x = drawn(5, 4, 3)
    const run = (keep: Keep) => everyWay((y: Tensor) => of(keep)(drawn(6, 3, 3), y), x)
    const reference = run('nothing')
    for (const keep of some) expect(run(keep)).toEqual(reference)
  })

  test('Hessians', () => {
    const second = (keep: Keep) =>
      flat(
        hessian((y: Tensor) => (deep.transformer as (typeof deep)[string])(keep)(drawn(6, 3, 3), y))(
          drawn(5, 2, 3),
        ),
      )
    const reference = second('nothing')
    for (const keep of some) expect(second(keep)).toEqual(reference)
  })

  test('of random programs with random predicates', () => {
    const choices = fc.array(fc.boolean(), { minLength: 1, maxLength: 17 })
    fc.assert(
      fc.property(randomPrograms({ maxSteps: 14 }), choices, fc.boolean(), (program, keeps, nested) => {
        const inputs = program.inputs.map(({ values, shape }) => tensor(Float64Array.from(values), { shape }))
        const argnums = inputs.map((_, k) => k)
        const pick = () => {
          let asked = 0
          return (_: InstructionFacts) => keeps[asked++ % keeps.length] === true
        }
        const of = (keep: () => Keep) => {
          const f = checkpoint(program.loss, { keep: keep() })
          const g = nested
            ? checkpoint(
                (...xs: Tensor[]) =>
                  f(...xs)
                    .mul(2)
                    .sin(),
                { keep: keep() },
              )
            : f
          const first = grad(g, { argnums })
          const second = grad(
            (...xs: Tensor[]) =>
              first(...xs).reduce(
                (sum, ct, k) => sum.add(ct.mul(0.3 + k).sum()),
                tensor(0, { dtype: 'f64' }),
              ),
            { argnums },
          )
          return [...first(...inputs), ...second(...inputs)].map(flat)
        }
        const reference = of(() => 'nothing')
        expect(of(pick)).toEqual(reference)
        expect(of(() => 'everything')).toEqual(reference)
        expect(of(() => 'dots')).toEqual(reference)
      }),
      { numRuns: 6 },
    )
  })
})
