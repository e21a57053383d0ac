import {
  adam,
  fromSafetensors,
  inPieces,
  type Model,
  parameterBytes,
  toSafetensors,
  train,
} from '@wengert/nn'
import { createScheduler } from '@wengert/scheduler'
import {
  checkpoint,
  cond,
  customJvp,
  customVjp,
  evaluationTrace,
  flatten,
  forLoop,
  grad,
  hvp,
  jacrev,
  jit,
  jvp,
  linearize,
  record,
  scan,
  type Tensor,
  type Tree,
  type TreeOf,
  tensor,
  unflatten,
  valueAndGrad,
  vjp,
  vmap,
  WengertError,
  whileLoop,
} from '@wengert/tape'
import { describe, expect, expectTypeOf, test } from 'vitest'

interface Layer {
  w: Tensor
  readonly b: Tensor
}

/** Interfaces in lists, in pairs and in one another, and a part that may be missing. */
interface Params {
  layers: Layer[]
  readonly head: Layer
  readonly pair: readonly [Layer, Tensor]
  scale?: Tensor
}

const layer = (value: number): Layer => ({ w: tensor([value, 2]), b: tensor([value, value]) })
const params: Params = { layers: [layer(1), layer(3)], head: layer(4), pair: [layer(5), tensor([6, 7])] }
const [x, rows] = [tensor([0.5, 2]), tensor([[1, 2], [3, 4], [5, 6]])] // biome-ignore format: a matrix

const out = ({ layers, head, pair }: Params, x: Tensor): Tensor =>
  [...layers, head, pair[0]].reduce((y, { w, b }) => y.mul(w).add(b).sin(), x).mul(pair[1])
const loss = (p: Params, x: Tensor): Tensor => out(p, x).sum()
const doubled = ({ w, b }: Layer): Layer => ({ w: w.add(w), b: b.add(b) })
const twice = (p: Params): Params => ({
  ...p,
  layers: p.layers.map(doubled),
  head: doubled(p.head),
  pair: [doubled(p.pair[0]), p.pair[1]],
})

const plain = (tree: Params) => flatten(tree).leaves.map(leaf => leaf.toArray())
const expectParams = (given: Params, wanted: Params) => expect(plain(given)).toEqual(plain(wanted))

describe('trees that are interfaces are taken', () => {
  const gradient: Params = grad(loss)(params, x)

  test('by transformations', () => {
    expectParams(jit(twice)(params), twice(params))
    expectParams(valueAndGrad(loss)(params, x).gradient, gradient)
    const beside = valueAndGrad((p: Params) => [loss(p, x), twice(p)] as const, { auxiliary: true })
    expectParams(beside(params).auxiliary, twice(params))
    const { value, pullback } = vjp(twice, params)
    expectParams(value, twice(params))
    expectParams(pullback(params)[0], twice(params))
    expectParams(jvp(twice, [params], [params]).tangent, twice(params))
    expectParams(linearize(twice, params).pushforward(params), twice(params))
    expectParams(
      hvp(p => loss(p, x), params, params),
      jvp((p: Params) => grad(loss)(p, x), [params], [params]).tangent,
    )
    expect(jacrev((x: Tensor, p: Params) => out(p, x))(x, params).shape).toEqual([2, 2])
    expect(evaluationTrace(twice, [params]).values.length).toBeGreaterThan(0)
    expect(record(twice, params).program.outputs).toHaveLength(9)
    expect(jit(twice).explain(params).peakBytes).toBeGreaterThan(0)
    const mapped = vmap((p: Layer, x: Tensor): Layer => ({ w: p.w.mul(x), b: p.b }), { inAxes: [null, 0] })
    expect(mapped(layer(1), rows).w.shape).toEqual([3, 2])
  })

  test('by control flow', () => {
    expectParams(
      forLoop(2, (_, p) => twice(p), params),
      twice(twice(params)),
    )
    expectParams(
      whileLoop(
        p => p.head.w.sum().less(7),
        p => twice(p),
        params,
      ),
      twice(params),
    )
    expectParams(
      cond(tensor(true), twice, p => p, params),
      twice(params),
    )
    const [carry, results] = scan((p, row: Layer): [Params, Layer] => [p, row], params, {
      w: rows,
      b: rows,
    } as Layer)
    expectParams(carry, params)
    expect(results.w.toArray()).toEqual(rows.toArray())
    expectParams(checkpoint(twice)(params), twice(params))
    expectParams(customJvp(twice, ({ tangents: [p] }) => twice(p))(params), twice(params))
    expectParams(customVjp(twice, ({ ct }) => [twice(ct)])(params), twice(params))
  })

  test('by optimisers and files', async () => {
    const [plainly, pieces] = [adam(), inPieces(adam())]
    const stepped = plainly.update(params, gradient, plainly.init(params)).params
    expectParams(pieces.update(params, gradient, pieces.init(params)).params, stepped)
    expectParams(fromSafetensors(toSafetensors(params), params), params)
    expect(parameterBytes(params).length).toBe(72)
    const { leaves, structure } = flatten(params)
    expectParams(unflatten<Params>(structure, leaves), params)
    const model: Model<Params> = { init: () => params, apply: out }
    const step = { rows: [0], batch: 1, epochs: 1, optimiser: plainly }
    const value = tensor(0)
    const events = train({ ...step, params: model.init(0), gradient: async () => ({ value, gradient }) })
    const first = await events.next()
    expectParams((first.value as { readonly params: Params }).params, stepped)
  })

  test('by schedulers', async () => {
    const perRow = (p: Params, batch: { readonly x: Tensor }) => out(p, batch.x).sum({ axis: 1 })
    await using scheduler = await createScheduler(perRow, { workers: 0 })
    const { gradient } = await scheduler.valueAndGrad(params, { x: rows })
    expect(gradient.layers.map(({ w }) => w.shape)).toEqual([[2], [2]])
    const layers = await scheduler.map(
      (p: Layer, row: Tensor): Layer => ({ w: row, b: row.mul(p.b) }),
      layer(2),
      rows,
    )
    expect(layers.w.toArray()).toEqual(rows.toArray())
  })
})

test('what is generic over trees may be generic over interfaces, or over plain trees', () => {
  const applied = <P extends TreeOf<P>>(p: P, f: (p: P) => P): P => forLoop(1, (_, p) => f(p), jit(f)(p))
  const ofPlain = <P extends Tree<Tensor>>(p: P, f: (p: P) => P): P => applied(p, f)
  expectTypeOf(applied(params, twice)).toEqualTypeOf<Params>()
  expectTypeOf(ofPlain({ a: x }, ({ a }) => ({ a }))).toEqualTypeOf<{ a: Tensor }>()
  expectTypeOf(jit((p: Tree<Tensor>) => p)).returns.toEqualTypeOf<Tree<Tensor>>()
  expectTypeOf(jit(twice)).parameters.toEqualTypeOf<[p: Params]>()
  expectParams(applied(params, twice), twice(twice(params)))
})

test('what is no tree is none', () => {
  interface Named extends Layer {
    name: string
  }
  class Model {
    readonly w = x
    apply(x: Tensor): Tensor {
      return x.mul(this.w)
    }
  }
  const calls: readonly (() => unknown)[] = [
    // @ts-expect-error: a boolean
    () => jit((x: Tensor) => x.rank > 0)(x),
    // @ts-expect-error: nothing
    () => jit((x: Tensor) => void x)(x),
    // @ts-expect-error: a promise
    () => jit(async (x: Tensor) => x)(x),
    // @ts-expect-error: a map
    () => jit((x: Tensor) => new Map([['x', x]]))(x),
    // @ts-expect-error: a function
    () => jit((x: Tensor) => ({ x, f: () => x }))(x),
    // @ts-expect-error: a class with methods
    () => jit((_: Tensor) => new Model())(x),
    // @ts-expect-error: a field that is text
    () => jit((p: Layer): Named => ({ ...p, name: 'a' }))(layer(1)),
    // @ts-expect-error: text
    () => toSafetensors({ name: 'a' }),
    // @ts-expect-error: a field that is text
    () => adam().init({ ...layer(1), name: 'a' } as Named),
    // @ts-expect-error: other fields
    () => hvp((p: Layer) => p.w.sum(), layer(1), { w: x }),
  ]
  for (const call of calls) expect(call).toThrow(WengertError)
})
