import { describe, expect, test } from 'vitest'
import {
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  jacfwd,
  jvp,
  matmul,
  record,
  scan,
  simplify,
  type Tensor,
  tensor,
  valueAndGrad,
  vmap,
} from '../index.js'

const f64 = (values: Parameters<typeof tensor>[0]) => tensor(values, { dtype: 'f64' })
const flat = (x: Tensor) => Array.from(x.toTypedArray())

describe('customJvp', () => {
  // A rule that is not the derivative shows that it is used: d/dx x² "=" 3x.
  const wrong = customJvp(
    (x: Tensor) => x.mul(x),
    ({ args: [x], tangents: [t] }) => t.mul(x).mul(3),
  )

  test('its rule serves tangents and cotangents, nested and mapped', () => {
    expect(wrong(tensor(5)).item()).toBe(25)
    expect(jvp(wrong, [tensor(5)], [tensor(2)]).tangent.item()).toBe(30)
    expect(grad(wrong)(tensor(5)).item()).toBe(15)
    expect(grad(grad(wrong))(tensor(5)).item()).toBe(3)
    expect(flat(vmap(grad(wrong))(tensor([1, 2])))).toEqual([3, 6])
    expect(flat(grad((x: Tensor) => vmap(wrong)(x).sum())(tensor([1, 2])))).toEqual([3, 6])
    expect(flat(jacfwd(vmap(wrong))(tensor([1, 2])) as Tensor)).toEqual([3, 0, 0, 6])
    const looped = (x: Tensor) => scan((c: Tensor, y: Tensor) => [c.add(wrong(y)), null], tensor(0), x)[0]
    expect(flat(grad(looped)(tensor([1, 2])))).toEqual([3, 6])
  })

  test('trees, several arguments, dtypes without derivatives', () => {
    const f = customJvp(
      ({ a, k }: { a: Tensor; k: Tensor }, b: Tensor) => [a.mul(b), k] as const,
      ({ args: [{ a }, b], tangents: [t, s] }) => [t.a.mul(b).add(a.mul(s)), t.k] as const,
    )
    const args = { a: f64(3), k: tensor(7, { dtype: 'i32' }) }
    const both = valueAndGrad((a: Tensor, b: Tensor) => f({ ...args, a }, b)[0], { argnums: [0, 1] })(
      args.a,
      f64(4),
    )
    expect([both.value, ...both.gradient].map(x => x.item())).toEqual([12, 4, 3])
  })

  test('derivatives of what is read from outside are refused, constants are read', () => {
    const scaled = (c: Tensor) =>
      grad((x: Tensor) =>
        customJvp(
          (y: Tensor) => y.mul(c),
          ({ tangents: [t] }) => t.mul(c),
        )(x),
      )(tensor(2))
    expect(scaled(tensor(3)).item()).toBe(3)
    const read = (c: Tensor) =>
      customJvp(
        (y: Tensor) => y.mul(c),
        ({ tangents: [t] }) => t.mul(c),
      )(tensor(2))
    expect(() => grad(read)(tensor(3))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customJvp: a derivative with respect to f32[], which the function reads from outside.
        expected  derivatives with respect to arguments alone
        at        custom.test.ts:69:28
        fix       pass it as an argument]
    `)
  })

  test('a rule of another shape is refused', () => {
    const bad = customJvp(
      (x: Tensor) => x.sum(),
      ({ tangents: [t] }) => t,
    )
    expect(() => grad(bad)(tensor([1, 2]))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: customJvp: the rule returned f32[2] as tangent 1 of 1.
        expected  f32[]
        at        custom.test.ts:82:27]
    `)
  })
})

describe('customVjp', () => {
  const limited = customVjp(
    (x: Tensor, y: Tensor) => x.mul(y),
    ({ args: [x, y], value, ct }) => [ct.mul(y).clip(-1, 1), ct.mul(x).add(value)],
  )

  test('its rule serves cotangents, nested and mapped', () => {
    const both = grad(limited, { argnums: [0, 1] })
    expect(both(tensor(2), tensor(5)).map(x => x.item())).toEqual([1, 12])
    expect(grad(grad(limited, { argnums: 1 }))(tensor(2), tensor(5)).item()).toBe(2)
    const mapped = vmap((x: Tensor) => limited(x, tensor(5)), { inAxes: 0 })
    expect(flat(grad((x: Tensor) => mapped(x).sum())(tensor([2, 3])))).toEqual([1, 1])
    const shared = grad((y: Tensor) => vmap((x: Tensor) => limited(x, y))(tensor([2, 3])).sum())
    expect(shared(tensor(5)).item()).toBe(2 + 10 + 3 + 15)
  })

  test('null is zero; other mistakes are refused', () => {
    const first = customVjp(
      (x: Tensor, y: Tensor) => x.mul(y),
      ({ ct }) => [ct, null],
    )
    expect(grad(first, { argnums: [0, 1] })(tensor(2), tensor(5)).map(x => x.item())).toEqual([1, 0])
    const few = customVjp((x: Tensor, y: Tensor) => x.mul(y), (({ ct }: { ct: Tensor }) => [ct]) as never)
    expect(() => few(tensor(1), tensor(2))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customVjp: the rule returned 1 cotangents for 2 arguments.
        expected  a list with a tree for each argument, or null for zero
        at        custom.test.ts:113:18]
    `)
    const other = customVjp(
      (x: Tensor) => x.sum(),
      ({ ct }) => [ct],
    )
    expect(() => other(tensor([1, 2]))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: customVjp: the rule returned f32[] as cotangent 1 of 1.
        expected  f32[2]
        at        custom.test.ts:122:18]
    `)
    expect(() => hessian((x: Tensor) => first(x, x))(tensor(1))).toThrowErrorMatchingInlineSnapshot(`
      [DerivativeError: customVjp: forward accumulation through a function with only a pullback of its own.
        expected  reverse accumulation
        at        custom.test.ts:127:53
        fix       give its rule with customJvp, which serves both directions]
    `)
  })

  test('what the rule computes as the function did is computed once', () => {
    const f = customVjp(
      (x: Tensor) => x.exp().log1p(),
      ({ args: [x], ct }) => [ct.mul(x.exp()).div(x.exp().add(1))],
    )
    const { program } = record((x: Tensor) => grad(f)(x), { dtype: 'f32', shape: [] })
    expect(simplify(program).instructions.filter(({ op }) => op === 'exp')).toHaveLength(1)
  })
})

describe('checkpoint', () => {
  const w = f64([
    [0.1, -0.3],
    [0.7, 0.2],
  ])
  const layer = (x: Tensor, w: Tensor) => matmul(x, w).tanh().add(x)
  const loss = (f: typeof layer) => (w: Tensor) =>
    f(f(f(f64([[1, 2]]), w), w), w)
      .square()
      .sum()

  test('the same bits, derivatives of order 1 and 2, mapped', () => {
    expect(flat(grad(loss(checkpoint(layer)))(w))).toEqual(flat(grad(loss(layer))(w)))
    const second = (f: typeof layer) => flat(hessian(loss(f))(w) as Tensor)
    second(checkpoint(layer)).forEach((x, k) => void expect(x).toBeCloseTo(second(layer)[k] as number, 12))
    const mapped = (f: typeof layer) =>
      flat(
        vmap(grad(loss(f)))(
          f64([
            [
              [1, 2],
              [3, 4],
            ],
            [
              [0, 1],
              [1, 0],
            ],
          ]),
        ),
      )
    expect(mapped(checkpoint(layer))).toEqual(mapped(layer))
  })

  test('nothing of its inside is kept', () => {
    const { program } = record((w: Tensor) => grad(loss(checkpoint(layer)))(w), {
      dtype: 'f64',
      shape: [2, 2],
    })
    expect(simplify(program).instructions.filter(({ op }) => op === 'tanh')).toHaveLength(0)
    expect(simplify(program).instructions.filter(({ op }) => op === 'call')).toHaveLength(6)
  })
})

test('a rule that nests what it returns in another way is refused', () => {
  const product = customVjp(
    ({ a, b }: { a: Tensor; b: Tensor }) => a.mul(b),
    ({ args: [{ a, b }], ct }) => [[ct.mul(b), ct.mul(a)] as never],
  )
  expect(() => grad(product)({ a: f64(1), b: f64(2) })).toThrow('a cotangent with another nesting')
  const both = customJvp(
    (x: Tensor) => ({ x, y: x.mul(2) }),
    ({ tangents: [t] }) => ({ x: t, z: t.mul(2) }) as never,
  )
  expect(() => both(f64(1))).toThrow('a tangent with another nesting')
})
