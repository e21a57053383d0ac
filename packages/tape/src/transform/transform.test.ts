import { checkGradient, checkSecondOrder } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import {
  add,
  convert,
  cos,
  equal,
  exp,
  formatProgram,
  fromData,
  grad,
  jit,
  logSoftmax,
  matmul,
  mul,
  oneHot,
  type Program,
  record,
  relu,
  simplify,
  sin,
  square,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  where,
} from '../index.js'

const number = (x: number) => tensor(x, { dtype: 'f64' })
const vector = (xs: number[]) => tensor(xs, { dtype: 'f64' })

describe('grad', () => {
  it('nests: x⁴ has 4x³, 12x², 24x and 24', () => {
    const f = (x: Tensor) => square(square(x))
    const derivatives = [grad(f), grad(grad(f)), grad(grad(grad(f))), grad(grad(grad(grad(f))))]
    expect(derivatives.map(d => d(number(1.5)).item())).toEqual([13.5, 27, 36, 24])
  })

  it('does not confuse perturbations: d/dx x·(d/dy (x + y)) = 1', () => {
    const f = (x: Tensor) => mul(x, grad((y: Tensor) => add(x, y))(number(1)))
    expect(grad(f)(number(1)).item()).toBe(1)
  })

  it('sees tensors of the outer function: d/dx [d/dy x²y²] at y = 3 is 2x·2y', () => {
    const f = (x: Tensor) => grad((y: Tensor) => mul(square(x), square(y)))(number(3))
    expect(grad(f)(number(2)).item()).toBe(24)
  })

  it('of an inner derivative by the outer variable: d/dx [x·(d/dy x·y²)(x)] = 6x²', () => {
    const f = (x: Tensor) => mul(x, grad((y: Tensor) => mul(x, square(y)))(x))
    // (d/dy x·y²)(x) = 2x², so f = 2x³.
    expect(grad(f)(number(1.5)).item()).toBe(6 * 1.5 ** 2)
  })

  it('runs inside jit and jit inside grad', () => {
    const f = (x: Tensor) => sum(mul(x, exp(x)))
    const x = vector([0.5, -1])
    const want = grad(f)(x).toArray()
    expect(jit(grad(f))(x).toArray()).toEqual(want)
    expect(grad(jit(f))(x).toArray()).toEqual(want)
  })

  it('differentiates the arguments that argnums names', () => {
    const f = (x: Tensor, y: Tensor) => mul(square(x), y)
    const at = [number(3), number(5)] as const
    expect(grad(f)(...at).item()).toBe(30)
    expect(grad(f, { argnums: 1 })(...at).toArray()).toBe(9)
    expect(grad(f, { argnums: [1, 0] })(...at).map(x => x.item())).toEqual([9, 30])
    expect(grad(f, { argnums: [] })(...at)).toEqual([])
  })

  it('types the gradient by the argument that argnums names', () => {
    const f = (x: Tensor, p: { w: Tensor }) => mul(x, square(p.w))
    const at = [number(3), { w: number(5) }] as const
    expect(grad(f, { argnums: 1 })(...at).w.item()).toBe(30)
    const [p, x] = grad(f, { argnums: [1, 0] })(...at)
    expect([p.w.item(), x.item()]).toEqual([30, 25])
  })

  it('gives trees like the argument', () => {
    const loss = (p: { w: Tensor[]; b: { c: Tensor } }) =>
      add(mul(p.w[0] as Tensor, p.w[1] as Tensor), square(p.b.c))
    const { w, b } = grad(loss)({ w: [number(2), number(3)], b: { c: number(4) } })
    expect(w.map(x => x.item())).toEqual([3, 2])
    expect(b.c.item()).toBe(8)
  })

  it('averages the rows of a loss, or sums them', () => {
    const loss = (w: Tensor, x: Tensor) => square(matmul(x, w))
    const [w, x] = [
      vector([1, 2]),
      tensor(
        [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
        { dtype: 'f64' },
      ),
    ]
    const mean = valueAndGrad(loss)(w, x)
    const total = valueAndGrad(loss, { reduction: 'sum' })(w, x)
    // Rows x·w = 1, 2, 3; Σ (x·w)² = 14 and ∂/∂w = Σ 2(x·w)x = [2 + 6, 4 + 6].
    expect(total.value.item()).toBe(14)
    expect(total.gradient.toArray()).toEqual([8, 10])
    expect(mean.value.item()).toBe(14 / 3)
    expect((mean.gradient.toArray() as number[]).map(x => x * 3)).toEqual([8, 10])
  })

  it('takes labels as an argument that is not differentiated', () => {
    const labels = tensor([2, 0], { dtype: 'i32' })
    const loss = (scores: Tensor, labels: Tensor) =>
      sum(mul(logSoftmax(scores), oneHot(labels, 3, 'f64')), { axis: -1 }).neg()
    const scores = tensor(
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      { dtype: 'f64' },
    )
    const gradient = grad(loss, { reduction: 'sum' })(scores, labels).toArray() as number[][]
    const third = 1 / 3
    const want = [
      [third, third, third - 1],
      [third - 1, third, third],
    ]
    gradient.flat().forEach((x, k) => {
      expect(x).toBeCloseTo(want.flat()[k] as number, 15)
    })
    expect(checkGradient(x => loss(x, labels), [scores])).toBeLessThan(1e-9)
  })

  it('is zero for parameters that nothing reads, and for losses that are constant', () => {
    const loss = (p: { used: Tensor; unused: Tensor }) => square(p.used)
    const { used, unused } = grad(loss)({ used: number(3), unused: vector([1, 2]) })
    expect(used.item()).toBe(6)
    expect(unused.toArray()).toEqual([0, 0])
    expect(unused.dtype).toBe('f64')
    expect(grad((_x: Tensor) => number(7))(vector([1, 2])).toArray()).toEqual([0, 0])
    expect(grad((x: Tensor) => sum(stopGradient(x)))(vector([1, 2])).toArray()).toEqual([0, 0])
  })

  it('takes numbers for f32 scalars', () => {
    const f = (x: number | Tensor, y: number | Tensor) => mul(x, square(y))
    expect(grad(f, { argnums: [0, 1] })(2, 3).map(x => x.item())).toEqual([9, 12])
  })

  it('stops at integers, comparisons and stopGradient', () => {
    const f = (x: Tensor) => sum(mul(convert(convert(x, 'i32'), 'f64'), x))
    expect(grad(f)(vector([1.5, 2.5])).toArray()).toEqual([1, 2])
    const g = (x: Tensor) => sum(mul(convert(equal(x, 1), 'f64'), x))
    expect(grad(g)(vector([1, 2])).toArray()).toEqual([1, 0])
  })

  it('of where leaves the side that is not chosen at exactly 0', () => {
    const f = (x: Tensor, y: Tensor) => sum(where(x.greater(0), mul(x, 2), mul(y, 3)))
    const [dx, dy] = grad(f, { argnums: [0, 1] })(vector([1, -1]), vector([5, 5]))
    expect([dx.toArray(), dy.toArray()]).toEqual([
      [2, 0],
      [0, 3],
    ])
  })

  it('of max and min shares ties, of maximum and relu follows the convention', () => {
    expect(grad((x: Tensor) => x.max())(vector([2, 2, 1, 2])).toArray()).toEqual([1 / 3, 1 / 3, 0, 1 / 3])
    expect(grad((x: Tensor) => x.min())(vector([2, 1, 1])).toArray()).toEqual([0, 0.5, 0.5])
    const both = grad((x: Tensor, y: Tensor) => x.maximum(y), { argnums: [0, 1] })
    expect(both(number(2), number(2)).map(x => x.item())).toEqual([1, 0])
    expect(grad((x: Tensor) => sum(relu(x)))(vector([0, -0, 1])).toArray()).toEqual([0, 0, 1])
  })

  it('in f32 works as in f64, rounded', () => {
    const f = (x: Tensor) => sum(tanh(mul(x, x)))
    const single = grad(f)(tensor([0.5, -0.25])).toArray() as number[]
    const double = grad(f)(vector([0.5, -0.25])).toArray() as number[]
    single.forEach((x, k) => {
      // A handful of roundings of 2⁻²⁴ each.
      expect(Math.abs(x - (double[k] as number))).toBeLessThan(8 * 2 ** -24)
    })
  })

  it('holds for a composition of many ops', () => {
    const f = (x: Tensor, w: Tensor) =>
      sum(
        tanh(matmul(sin(x), w))
          .mul(cos(x))
          .add(exp(w).sum()),
        { axis: 1 },
      )
    const args = [
      tensor(
        [
          [0.1, 0.7],
          [1.3, -0.4],
        ],
        { dtype: 'f64' },
      ),
      tensor(
        [
          [0.5, -0.2],
          [0.3, 0.9],
        ],
        { dtype: 'f64' },
      ),
    ]
    expect(checkGradient(f as (...xs: Tensor[]) => Tensor, args)).toBeLessThan(1e-10)
    expect(checkSecondOrder(f as (...xs: Tensor[]) => Tensor, args)).toBeLessThan(1e-10)
  })
})

describe('a chain of 20,000 ops', () => {
  it('is recorded, differentiated and run without running out of stack', () => {
    const steps = 20_000
    const f = (x: Tensor) => {
      let y = x
      for (let k = 0; k < steps; k++) y = k % 2 ? y.mul(1.0001) : y.mul(0.9999)
      return y
    }
    const { value, gradient } = valueAndGrad(f)(number(2))
    // (1.0001 · 0.9999)^10000; 40,000 roundings of 2⁻⁵³ each.
    const slope = Math.exp(10_000 * (Math.log1p(0.0001) + Math.log1p(-0.0001)))
    expect(Math.abs(gradient.item() / slope - 1)).toBeLessThan(1e-11)
    expect(Math.abs(value.item() / (2 * slope) - 1)).toBeLessThan(1e-11)
  })
})

describe('jit', () => {
  it('records once for the same avals and again for others', () => {
    let calls = 0
    const f = jit((x: Tensor) => {
      calls++
      return mul(x, 2)
    })
    expect(f(tensor([1, 2])).toArray()).toEqual([2, 4])
    const once = calls
    expect(f(tensor([3, 4])).toArray()).toEqual([6, 8])
    expect(calls).toBe(once)
    expect(f(tensor([5])).toArray()).toEqual([10])
    expect(calls).toBe(2 * once)
    expect(f(vector([5, 6])).toArray()).toEqual([10, 12])
    expect(calls).toBe(3 * once)
    expect(f(tensor([7, 8])).toArray()).toEqual([14, 16])
    expect(calls).toBe(3 * once)
  })

  it('tells trees apart that have the same leaves', () => {
    const f = jit((tree: { a: Tensor; b?: Tensor } | { a: Tensor; c?: Tensor }) =>
      'b' in tree ? mul(tree.a, 10) : mul(tree.a, 100),
    )
    expect(f({ a: tensor(1), b: tensor(2) }).item()).toBe(10)
    expect(f({ a: tensor(1), c: tensor(2) }).item()).toBe(100)
  })

  it('gives trees as the function does', () => {
    const f = jit((x: Tensor) => ({ twice: mul(x, 2), list: [x, square(x)] }))
    const { twice, list } = f(tensor(3))
    expect([twice.item(), ...list.map(x => x.item())]).toEqual([6, 3, 9])
  })

  it('keeps results when it runs again', () => {
    const f = jit((x: Tensor) => mul(x, 2))
    const first = f(tensor([1, 2]))
    f(tensor([5, 6]))
    expect(first.toArray()).toEqual([2, 4])
  })

  it('runs portable arithmetic with the results of fast up to rounding', () => {
    const f = (x: Tensor) => sum(tanh(matmul(x, x)))
    const x = tensor(
      [
        [0.1, 0.2],
        [0.3, 0.4],
      ],
      { dtype: 'f64' },
    )
    const [fast, portable] = [jit(f)(x).item(), jit(f, { arithmetic: 'portable' })(x).item()]
    expect(Math.abs(fast - portable)).toBeLessThan(1e-15)
  })
})

describe('simplify', () => {
  const program = (f: (x: Tensor, y: Tensor) => Tensor): Program =>
    record(f, { dtype: 'f32', shape: [2] }, { dtype: 'f32', shape: [2] }).program

  it('removes what nobody reads, but no input', () => {
    const simple = simplify(
      program((x, y) => {
        exp(mul(y, 3))
        return square(x)
      }),
    )
    expect(formatProgram(simple)).toMatchInlineSnapshot(`
      "input   %0 f32[2]
      input   %1 f32[2]
      %2 f32[2] = square %0
      output  %2"
    `)
  })

  it('computes equal instructions once, in cascades', () => {
    const simple = simplify(program((x, y) => sin(mul(x, y)).add(sin(mul(x, y)))))
    expect(simple.instructions.map(({ op }) => op)).toEqual(['mul', 'sin', 'add'])
  })

  it('equal constants are one, so that a function recorded twice is computed once', () => {
    const table = tensor([1, 2, 3])
    const f = (x: Tensor) => x.mul(2).add(table).sin().sum()
    const twice = record((x: Tensor) => [grad(f)(x), grad((x: Tensor) => f(x).mul(-1))(x)], tensor([4, 5, 6]))
    const { constants, instructions } = simplify(twice.program)
    expect(constants.filter(({ data }) => data.length === 3)).toHaveLength(1)
    expect(instructions.filter(({ op }) => op === 'cos')).toHaveLength(1)
    const zeros = record(
      (x: Tensor) => [x.mul(0), x.mul(-0), x.mul(Number.NaN), x.mul(Number.NaN)],
      tensor(1),
    )
    expect(simplify(zeros.program).constants.map(({ data }) => data[0])).toEqual([0, -0, Number.NaN])
    const shapes = record((x: Tensor) => {
      const data = new Float32Array(4)
      const one = (shape: number[]) => fromData({ dtype: 'f32', shape }, data).add(x)
      return [one([4]), one([2, 2])]
    }, tensor(1))
    expect(simplify(shapes.program).constants).toHaveLength(2)
  })

  it('tells instructions apart by their parameters', () => {
    const simple = simplify(
      program((x, y) => mul(sum(mul(x, y), { axis: 0 }), convert(convert(x, 'i32'), 'f32').sum())),
    )
    expect(simple.instructions.filter(({ op }) => op === 'convert')).toHaveLength(2)
  })

  it('is idempotent and changes no program it is given', () => {
    const before = program((x, y) => sin(mul(x, y)).add(sin(mul(x, y))))
    const copy = structuredClone(before)
    const simple = simplify(before)
    expect(before).toEqual(copy)
    expect(simplify(simple)).toEqual(simple)
  })

  it('numbers values in order of definition', () => {
    const { avals, inputs, constants, instructions } = simplify(
      program((x, y) => {
        exp(y)
        return mul(x, 2).add(tensor([1, 2]))
      }),
    )
    const defined = [
      ...inputs,
      ...constants.map(({ value }) => value),
      ...instructions.flatMap(i => i.outputs),
    ]
    expect(defined).toEqual(avals.map((_, value) => value))
  })
})
