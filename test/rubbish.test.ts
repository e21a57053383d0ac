import * as nn from '@wengert/nn'
import { createScheduler } from '@wengert/scheduler'
import * as tape from '@wengert/tape'
import { describe, expect, it, test } from 'vitest'

type Call = (...args: unknown[]) => unknown

const { tensor } = tape
const [vector, matrix] = [tensor([1, 2, 3]), tensor([[1, 2], [3, 4]])] // biome-ignore format: a matrix
const square = (x: tape.Tensor) => x.square().sum()

const endless: Record<string, unknown> = {}
endless.a = [endless]

/** What plain JavaScript hands over by mistake, with a name. */
const rubbish: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  three: 3,
  negative: -1,
  fraction: 0.5,
  NaN: Number.NaN,
  true: true,
  text: 'a',
  symbol: Symbol('s'),
  bigint: 3n,
  'list of symbols': [Symbol('s')],
  'list of bigints': [1n],
  'list of functions': [() => 1],
  'tree of symbols': { a: Symbol('s') },
  function: square,
  object: {},
  list: [],
  'list of NaN': [Number.NaN],
  'list of holes': new Array(3),
  tree: { a: { b: null } },
  map: new Map(),
  i32: tensor([1, 2], { dtype: 'i32' }),
  bool: tensor([true]),
  f64: tensor([1, 2, 3], { dtype: 'f64' }),
}

/** Lists of arguments: none, and each piece of rubbish so many times, alone and behind what may be right. */
const lists: readonly (readonly [string, readonly unknown[]])[] = [
  ['()', []],
  ...[[], [vector], [matrix], [square]].flatMap((first, k) =>
    Object.entries(rubbish).flatMap(([name, each]) =>
      [1, 2, 3].map((times): readonly [string, readonly unknown[]] => [
        `(${['', 'vector, ', 'matrix, ', 'function, '][k]}${times} × ${name})`,
        [...first, ...Array(times).fill(each)],
      ]),
    ),
  ),
]

/**
 * What a call with each list throws that is no error of this engine, or one without the line; what it returns to be awaited or begun is.
 *
 * @param isOwn errors that are those of a function that the call was given.
 */
async function unclear(call: Call, isOwn = (_: unknown) => false): Promise<readonly string[]> {
  const found: string[] = []
  for (const [written, args] of lists) {
    try {
      const made = await call(...args)
      await (made as AsyncGenerator | undefined)?.[Symbol.asyncIterator]?.().next()
    } catch (error) {
      if (isOwn(error)) continue
      if (!(error instanceof tape.WengertError)) found.push(`${written}: ${error}`)
      else if (!/rubbish\.test\.ts:\d+:\d+$/.test(error.parts.at ?? ''))
        found.push(`${written}: at ${error.parts.at}: ${error.message}`)
    }
  }
  return found
}

/** Functions for packages beside these: they check for others, or call what they are given with no arguments. */
const own = [
  'checkArgument',
  'checkFunction',
  'checkOneOf',
  'checkOptions',
  'checkTensor',
  'checkTensors',
  'nearestName',
  'withLines',
  'againWithLines',
]

const isClass = (value: unknown) => /^class/.test(Function.prototype.toString.call(value))

/** A function of an export, if it has one; errors are made by who knows what of. */
function callOf(value: unknown): Call | undefined {
  if (typeof value !== 'function' || value.prototype instanceof Error) return undefined
  if (!isClass(value)) return value as Call
  return (...args) => Reflect.construct(value as typeof tape.Arena, args)
}

const exported = Object.entries({ ...tape, ...nn }).flatMap(([name, value]) => {
  const call = callOf(value)
  return call && !own.includes(name) && name !== 'enableTurbo' ? [[name, call] as const] : []
})

const methods = Object.entries(Object.getOwnPropertyDescriptors(tape.Tensor.prototype)).flatMap(
  ([name, { value }]) =>
    typeof value === 'function' && name !== 'constructor' ? [[name, value as Call] as const] : [],
)

const js = tape as unknown as Record<string, (fn: Call, ...args: unknown[]) => unknown>
const made = (name: string, ...rest: unknown[]) =>
  js[name]?.(square as Call, ...rest) as Call & { explain?: Call }
const compiled = ['jit', 'grad', 'valueAndGrad', 'vmap', 'jacrev', 'jacfwd', 'hessian'].map(
  name => [name, made(name)] as const,
)

/** What transformations make of a function, and those that are given its arguments at once. */
const transformed: readonly (readonly [string, Call])[] = [
  ...compiled,
  ...compiled.flatMap(([name, { explain }]) => (explain ? [[`${name}, explain`, explain] as const] : [])),
  ['jit, dynamic', made('jit', { dynamic: true })],
  ['checkpoint', made('checkpoint')],
  ['customVjp', made('customVjp', () => [])],
  ['customJvp', made('customJvp', () => [])],
  ['sparseJacobian', made('sparseJacobian', { rows: [], columns: [] })],
  ...['record', 'vjp', 'jvp', 'hvp', 'linearize', 'evaluationTrace'].map(
    name => [`${name} of a function`, (...args: unknown[]) => js[name]?.(square as Call, ...args)] as const,
  ),
  ['pullback', tape.vjp(square, vector).pullback as Call],
  ['pushforward', tape.linearize(square, vector).pushforward as Call],
]

const functionsOf = <T extends object>(name: string, made: T): readonly (readonly [string, Call])[] =>
  Object.entries(made).flatMap(([of, call]) =>
    typeof call === 'function' ? [[`${name}, ${of}`, call as Call] as const] : [],
  )

/** Models and optimisers. */
const ofModels = [
  ...functionsOf('mlp', nn.mlp({ sizes: [2, 3, 1] })),
  ...functionsOf('cnn', nn.cnn({ image: [4, 4, 1], channels: [2], window: 3 })),
  ...functionsOf('sgd', nn.sgd()),
  ...functionsOf('adam', nn.adam()),
  ...functionsOf('inPieces', nn.inPieces(nn.adam())),
]

const use = (name: string, ...args: unknown[]) => (tape as unknown as Record<string, Call>)[name]?.(...args)
const used = (made: unknown, ...args: unknown[]) => (made as Call)(...args)

/** Calls of what is made of functions that return something. */
const results: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ...['jit', 'grad', 'valueAndGrad', 'vmap', 'jacfwd', 'jacrev', 'jacobian', 'hessian', 'checkpoint'].map(
    name =>
      [
        name,
        (value: unknown) =>
          used(
            use(name, () => value),
            vector,
          ),
      ] as const,
  ),
  ...['vjp', 'linearize', 'record'].map(
    name => [name, (value: unknown) => use(name, () => value, vector)] as const,
  ),
  [
    'jit, dynamic',
    value =>
      used(
        use('jit', () => value, { dynamic: true }),
        vector,
      ),
  ],
  ['jvp', value => use('jvp', () => value, [vector], [vector])],
  ['hvp', value => use('hvp', () => value, vector, vector)],
  ['scan', value => use('scan', () => value, vector, matrix)],
  ['scan, carry', value => use('scan', () => [value, vector], vector, matrix)],
  ['scan, rows', value => use('scan', (carry: unknown) => [carry, value], vector, matrix)],
  ['forLoop', value => use('forLoop', 3, () => value, vector)],
  [
    'whileLoop, condition',
    value =>
      use(
        'whileLoop',
        () => value,
        (x: unknown) => x,
        vector,
      ),
  ],
  [
    'whileLoop',
    value =>
      use(
        'whileLoop',
        (x: tape.Tensor) => x.less(1).all(),
        () => value,
        vector,
      ),
  ],
  [
    'cond',
    value =>
      use(
        'cond',
        tensor(true),
        () => value,
        (x: unknown) => x,
        vector,
      ),
  ],
  [
    'customVjp',
    value =>
      used(
        use(
          'grad',
          use('customVjp', square, () => value),
        ),
        vector,
      ),
  ],
  [
    'customJvp',
    value =>
      use(
        'jvp',
        use('customJvp', square, () => value),
        [vector],
        [vector],
      ),
  ],
]

/** Exports that call a function with arguments at once. */
const atOnce = ['evaluationTrace', 'hvp', 'jvp', 'linearize', 'record', 'vjp']

// Trees without a tensor are trees: what `square` makes of them is its own error, and is left as it is.
const ofSquare = (error: unknown) =>
  error instanceof TypeError &&
  /^(x\.square is not a function|Cannot read properties of .*'square'\))$/.test(error.message)

describe('rubbish is refused by errors that say what is wrong', () => {
  test('there is much to walk over', () => {
    expect([exported.length > 200, methods.length > 100]).toEqual([true, true])
  })

  it.each(exported)('%s', async (name, call) =>
    expect(await unclear(call, atOnce.includes(name) ? ofSquare : undefined)).toEqual([]),
  )

  it.each(methods)('x.%s', async (_, method) => {
    for (const x of [vector, matrix]) expect(await unclear((...args) => method.apply(x, args))).toEqual([])
  })

  it.each(transformed)('%s', async (_, call) => expect(await unclear(call, ofSquare)).toEqual([]))

  it.each(results)('what a function returns: %s', (_, call) => {
    const found: string[] = []
    for (const [name, value] of Object.entries({ ...rubbish, promise: Promise.resolve(vector), endless })) {
      try {
        call(value)
      } catch (error) {
        if (!(error instanceof tape.WengertError)) found.push(`${name}: ${error}`)
        else if (!/^rubbish\.test\.ts:\d+:\d+$/.test(error.parts.at ?? ''))
          found.push(`${name}: ${error.message}`)
      }
    }
    expect(found).toEqual([])
  })

  it.each(ofModels)('%s', async (_, call) => expect(await unclear(call)).toEqual([]))

  test('arguments of a model that are swapped, and parameters of another', () => {
    const { init, apply } = nn.mlp({ sizes: [2, 3, 1] })
    const other = nn.mlp({ sizes: [2, 1] })
    expect(() => apply(matrix as never, init(7) as never)).toThrow(
      /^apply: what comes first is a Tensor\.\n {2}expected {2}parameters: a list of 2, as of init/,
    )
    expect(() => apply(other.init(7), matrix)).toThrow(/^apply: what comes first is /)
    const images = nn.cnn({ image: [4, 4, 1], channels: [2], window: 3 })
    expect(() => images.apply(matrix as never, images.init(7) as never)).toThrow(
      /^apply: what comes first is /,
    )
  })

  test('a scheduler, and its calls', async () => {
    const create = createScheduler as unknown as (...args: unknown[]) => Promise<AsyncDisposable>
    expect(
      await unclear(async (loss, options) => {
        const isPlain = Object.getPrototypeOf(Object(options)) === Object.prototype
        await using _ = await create(loss, options === undefined || isPlain ? { workers: 0 } : options)
      }),
    ).toEqual([])
    await using scheduler = await createScheduler((w: tape.Tensor, x: tape.Tensor) => x.mul(w), {
      workers: 0,
    })
    const calls = scheduler as unknown as Record<'valueAndGrad' | 'map' | 'explain' | 'explainMap', Call>
    for (const name of ['valueAndGrad', 'map', 'explain', 'explainMap'] as const) {
      expect([name, await unclear((...args) => calls[name](...args))]).toEqual([name, []])
    }
  })
})

test('trees that contain themselves, and lists with holes', () => {
  const first = (tree: unknown) => (tree as { a: readonly tape.Tensor[] }).a[0]?.sum() as tape.Tensor
  expect(() => tape.jit(first)(endless)).toThrow(/^jit: argument 0 contains itself, at \.a\[0\]\./)
  const holes: tape.Tensor[] = []
  holes[1] = vector
  expect(() => tape.flatten(holes)).toThrow(/^flatten: the tree has undefined at \[0\]\./)
  // The same tensor or list in two places is no such tree.
  const twice = [vector]
  expect(tape.flatten({ a: twice, b: [twice, vector] }).leaves.length).toBe(3)
})

test('what is large is not written out, and what has no elements yet is named', () => {
  const weights = { w: tensor(new Float32Array(10_000)), b: tensor([1]) }
  const messageOf = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (error instanceof tape.WengertError) return error.message
    }
    return undefined
  }
  expect(messageOf(() => tape.jit(weights as never))).toMatch(
    /^jit: what it takes is an object of w, b, not a function\./,
  )
  const tree = { w: tensor([1]) }
  const squared = (p: { w: tape.Tensor }) => p.w.square().sum()
  for (const transform of [tape.hessian, tape.jacobian, tape.jacrev, tape.jacfwd]) {
    expect(messageOf(() => (transform(squared as never) as Call)(tree))).toMatch(
      /^(hessian|jacobian|jacrev|jacfwd): argument 0 is .*, not a tensor\.[\s\S]*takes? trees/,
    )
  }
})

test('options of calls of a scheduler', async () => {
  await using scheduler = await createScheduler((w: tape.Tensor, x: tape.Tensor) => x.mul(w), { workers: 0 })
  for (const options of [{ rows: 'all' }, { rows: 3 }, { rows: null }, { onProgress: 3 }]) {
    await expect(scheduler.valueAndGrad(tensor(1), vector, options as never)).rejects.toThrow(
      tape.OptionError,
    )
  }
})

describe('arguments that are missing are said to be', () => {
  it.each<[string, () => unknown]>([
    ['jit: the function was called with none of its arguments: ', () => (tape.jit(square) as Call)()],
    ['vjp: the function was called with none of its arguments: ', () => made('vjp')],
    ['linearize: the function was called with none of its arguments: ', () => made('linearize')],
    ['record: the function was called with none of its arguments: ', () => made('record')],
    ['checkpoint: the function was called with none of its arguments: ', () => made('checkpoint')()],
    ['jit: the function was called with none of its arguments: ', () => made('jit').explain?.()],
  ])('%s', (summary, run) => {
    expect(run).toThrow(
      expect.objectContaining({
        code: 'OPTION',
        message: expect.stringContaining(summary),
        cause: expect.any(TypeError),
        parts: expect.objectContaining({ at: expect.stringMatching(/^rubbish\.test\.ts:\d+:\d+$/) }),
      }),
    )
  })

  const config = undefined as unknown as { readonly rate: number }
  const broken = (p: tape.Tensor, _?: unknown) => p.mul(config.rate).sum()

  test.each<[string, Call]>([
    ['grad', tape.grad(broken as never) as Call],
    ['jit', tape.jit(broken as never) as Call],
    ['vmap', tape.vmap(((x: tape.Tensor) => broken(x)) as never) as Call],
    ['checkpoint', tape.checkpoint(broken as never) as Call],
    ['record', (...args) => tape.record(broken as never, ...args)],
  ])('but errors of a function are its own: %s', (_, call) => {
    for (const args of [[vector], [vector, {}], [vector, []]])
      expect(() => call(...args)).toThrow(
        new TypeError("Cannot read properties of undefined (reading 'rate')"),
      )
  })
})
