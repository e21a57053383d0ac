import { checkGradient, checkSecondOrder, thrownBy } from '@wengert/testkit'
import { describe, expect, test } from 'vitest'
import {
  add,
  BudgetError,
  div,
  exp,
  grad,
  jit,
  mul,
  named,
  neg,
  record,
  scan,
  simplify,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  vmap,
} from '../index.js'

/** v ← v·a − b and v ← a·v + c/b over and over, of rows: the parameters are read so many times each. */
const recurrence =
  (times: number) =>
  (a: Tensor, b: Tensor, c: Tensor, rows: Tensor): Tensor => {
    let v = rows
    for (let k = 0; k < times; k++) {
      v = k % 2 ? sub(mul(v, a), b) : add(mul(a, v), div(c, add(b, mul(v, v))))
    }
    return v
  }

const parameters = [
  tensor(0.3, { dtype: 'f64' }),
  tensor(1.2, { dtype: 'f64' }),
  tensor(0.7, { dtype: 'f64' }),
] as const
const rows = tensor(Float64Array.from({ length: 5 }, (_, k) => Math.sin(k)))

const opsOf = (fn: (...xs: Tensor[]) => unknown, ...xs: readonly Tensor[]) =>
  simplify(record(fn as never, ...xs).program).instructions.map(({ op }) => op)

describe('cotangents of what is broadcast again and again', () => {
  const loss =
    (times: number) =>
    (...xs: Tensor[]) =>
      sum(exp(recurrence(times)(...(xs as [Tensor, Tensor, Tensor, Tensor]))))
  const sums = (times: number) =>
    opsOf(grad(loss(times), { argnums: [0, 1] }) as never, ...parameters, rows).filter(op => op === 'sum')
      .length

  test('are summed once, from four on', () => {
    expect([1, 2, 3].map(sums)).toEqual([2, 4, 6])
    expect([4, 20, 100].map(sums)).toEqual([2, 2, 2])
  })

  test.each([
    { rows: 4095, count: 1 },
    { rows: 4096, count: 20 },
  ])('of $rows elements are $count sums', ({ rows, count }) => {
    const f = (a: Tensor, x: Tensor) => sum(Array.from({ length: 20 }).reduce<Tensor>(v => mul(v, a), x))
    const x = tensor(new Float64Array(rows).fill(1))
    const a = tensor(1.01, { dtype: 'f64' })
    expect(opsOf(grad(f) as never, a, x).filter(op => op === 'sum').length).toBe(count)
    expect(grad(f)(a, x).item() / (rows * 20 * 1.01 ** 19)).toBeCloseTo(1, 12)
  })

  const long = (length: number, cut: (v: Tensor, k: number) => Tensor) => (a: Tensor, x: Tensor) =>
    sum(Array.from({ length }).reduce<Tensor>((v, _, k) => cut(mul(v, a), k), x))
  test.each([
    { name: 'a long line', f: long(192, v => v), count: 2 },
    { name: 'a number of them without blocks', f: long(192, v => v), count: 192, rows: 4099 },
    { name: 'two long lines', f: long(400, (v, k) => (k === 199 ? v.cumsum() : v)), count: 400 },
    { name: 'a line with a name', f: long(400, (v, k) => (k === 199 ? named(v, 'half') : v)), count: 2 },
    {
      name: 'a line with scalars between',
      f: (a: Tensor, x: Tensor) => long(192, v => v)(a.sin().add(a), x),
      count: 2,
    },
    { name: 'shorter lines', f: long(300, (v, k) => (k % 100 === 99 ? v.cumsum() : v)), count: 300 },
    {
      name: 'a line of many parameters',
      f: (a: Tensor, x: Tensor) =>
        sum(Array.from({ length: 200 }).reduce<Tensor>((v, _, k) => mul(v, add(a, k % 50)), x)),
      count: 100,
    },
  ])('of many elements are summed by blocks and once for $name', ({ f, count, rows = 4096 }) => {
    const x = tensor(new Float64Array(rows).fill(1e-9))
    const a = tensor(1.01, { dtype: 'f64' })
    expect(opsOf(grad(f) as never, a, x).filter(op => op === 'sum').length).toBe(count)
    const h = 1e-6
    const [up, down] = [f(add(a, h), x).item(), f(sub(a, h), x).item()]
    const got = grad(f)(a, x).item()
    expect(Math.abs(got - (up - down) / (2 * h))).toBeLessThan(1e-6 * Math.abs(got))
  })

  test.each([3, 4, 9])('%i times: have the gradients of finite differences, of orders 1 and 2', times => {
    checkGradient(loss(times) as never, [...parameters, rows])
    checkSecondOrder(loss(times) as never, [...parameters, rows])
  })

  test('are those of each row, added', () => {
    const one = (a: Tensor, b: Tensor, c: Tensor, row: Tensor) => recurrence(8)(a, b, c, row)
    const each = vmap(grad(one, { argnums: [0, 1, 2] }), { inAxes: [null, null, null, 0] })(
      ...parameters,
      rows,
    )
    const whole = grad((...xs: Tensor[]) => sum(recurrence(8)(...(xs as [Tensor, Tensor, Tensor, Tensor]))), {
      argnums: [0, 1, 2],
    })(...parameters, rows)
    whole.forEach((ct, k) => {
      const expected = sum(each[k] as Tensor).item()
      expect(Math.abs(ct.item() - expected)).toBeLessThan(1e-13 * Math.abs(expected))
    })
  })

  test('in two shapes are summed once in each, and what nothing reaches adds nothing', () => {
    const f = (a: Tensor, x: Tensor, y: Tensor) => {
      const part = (v: Tensor) => Array.from({ length: 5 }).reduce<Tensor>(w => mul(w, a), v)
      part(exp(x))
      return add(sum(part(x)), sum(part(y)))
    }
    const [x, y] = [tensor(Float64Array.of(1, 2)), tensor(Float64Array.of(3, 4, 5))]
    const a = tensor(1.1, { dtype: 'f64' })
    expect(opsOf(grad(f) as never, a, x, y).filter(op => op === 'sum').length).toBe(2)
    expect(grad(f)(a, x, y).item()).toBeCloseTo(15 * 5 * 1.1 ** 4, 12)
    checkGradient(f as never, [a, x, y])
  })

  test('of opposites, and of an operand that is read twice', () => {
    const f = (a: Tensor, x: Tensor) => {
      let v = x
      for (let k = 0; k < 6; k++) v = mul(sub(v, a), add(neg(a), v))
      return sum(v)
    }
    checkGradient(f as never, [tensor(0.1, { dtype: 'f64' }), rows])
  })

  test('in the step of a loop', () => {
    const f = (a: Tensor, x: Tensor) =>
      sum(
        scan((v: Tensor) => [recurrence(6)(a, parameters[1], parameters[2], v), null], x, null, {
          length: 3,
        })[0],
      )
    checkGradient(f as never, [tensor(0.3, { dtype: 'f64' }), rows])
  })

  test('have the same bits compiled, and within the fewest bytes', () => {
    const f = loss(40)
    const at = { argnums: [0, 1, 2, 3] } as const
    const many = tensor(Float64Array.from({ length: 3000 }, (_, k) => Math.sin(k)))
    const args = [...parameters, many] as const
    const bits = (gradient: readonly Tensor[]) => gradient.map(x => x.toArray())
    const plain = valueAndGrad(f, at)
    const expected = bits(plain(...args).gradient as readonly Tensor[])
    const compiled = jit((...xs: Tensor[]) => grad(f, at)(...xs))(...args) as readonly Tensor[]
    expect(bits(compiled)).toEqual(expected)
    const { leastBytes } = thrownBy(() => valueAndGrad(f, { ...at, memory: 65536 })(...args), BudgetError)
    const tight = valueAndGrad(f, { ...at, memory: leastBytes })
    expect(tight.explain(...args).extraCost).toBeGreaterThan(0)
    expect(leastBytes).toBeLessThan(plain.explain(...args).peakBytes)
    expect(bits(tight(...args).gradient as readonly Tensor[])).toEqual(expected)
  })
})
