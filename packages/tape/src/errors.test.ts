import { tmpdir } from 'node:os'
import { thrownBy } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import {
  at,
  BudgetError,
  broadcastTo,
  conv2d,
  convert,
  DerivativeError,
  DTypeError,
  dataOf,
  forLoop,
  formatByteSize,
  formatExplanation,
  grad,
  jit,
  matmul,
  mul,
  OptionError,
  oneHot,
  RecordError,
  record,
  reshape,
  ShapeError,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  WengertError,
} from './index.js'

/** The error that a function throws. */
const thrown = (fn: () => unknown) => thrownBy(fn, WengertError)

/** Its class and message, with places in this file written without line and column. */
const screen = (error: WengertError): string =>
  `${error.name} ${error.code}\n${error.message.replace(/errors\.test\.ts:\d+:\d+/g, 'errors.test.ts:…')}`

const i32 = (values: number[]) => tensor(values, { dtype: 'i32' })

describe('messages say what, where, and how to mend it', () => {
  it('matmul of inner dimensions that differ', () => {
    const error = thrown(() => matmul(tensor(new Float32Array(6), { shape: [2, 3] }), tensor([[1], [2]])))
    expect(error).toBeInstanceOf(ShapeError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      matmul: inner dimensions differ: x f32[2,3], w f32[2,1].
        expected  x.shape[1] = w.shape[0]   (3 ≠ 2)
        at        errors.test.ts:…
        fix       w must be f32[3,1]"
    `)
  })

  it('shapes that do not broadcast', () => {
    const error = thrown(() => tensor([1, 2]).add(tensor([1, 2, 3])))
    expect(error).toBeInstanceOf(ShapeError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      add: shapes do not broadcast: f32[2], f32[3].
        expected  lengths that are equal or 1, aligned at the last axis
        at        errors.test.ts:…
        fix       reshape an operand so that the axes line up"
    `)
  })

  it('dtypes that differ', () => {
    const error = thrown(() => mul(tensor([1]), i32([1])))
    expect(error).toBeInstanceOf(DTypeError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "DTypeError DTYPE
      mul: dtypes differ: f32[1], i32[1].
        expected  operands of one dtype among f32, f64, i32
        at        errors.test.ts:…
        fix       convert with x.convert('f32')"
    `)
  })

  it('a dtype that an op does not take', () => {
    expect(screen(thrown(() => i32([1]).exp()))).toMatchInlineSnapshot(`
      "DTypeError DTYPE
      exp: dtype not taken: i32[1].
        expected  operands among f32, f64
        at        errors.test.ts:…
        fix       convert with x.convert('f32')"
    `)
  })

  it('matmul of integers', () => {
    const x = tensor([[1]], { dtype: 'i32' })
    expect(thrown(() => matmul(x, x))).toBeInstanceOf(DTypeError)
  })

  it('labels that are no integers', () => {
    expect(screen(thrown(() => oneHot(tensor([0]), 2)))).toMatchInlineSnapshot(`
      "DTypeError DTYPE
      oneHot: labels are f32[1].
        expected  indices of dtype i32
        at        errors.test.ts:…
        fix       tensor(labels, { dtype: 'i32' })"
    `)
  })

  it('reshape to another number of elements', () => {
    expect(screen(thrown(() => reshape(tensor([1, 2, 3]), [2, -1])))).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      reshape: f32[3] does not fill [2,-1].
        expected  a shape of 3 elements
        at        errors.test.ts:…"
    `)
  })

  it('an axis that is not there', () => {
    const error = thrown(() => sum(tensor([1, 2]), { axis: 1 }))
    expect(error).toBeInstanceOf(OptionError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "OptionError OPTION
      sum: axis 1 does not fit f32[2].
        expected  different axes from -1 to 0
        at        errors.test.ts:…"
    `)
  })

  it('an axis that is named twice', () => {
    expect(thrown(() => sum(tensor([[1]]), { axis: [0, -2] }))).toBeInstanceOf(OptionError)
    expect(thrown(() => transpose(tensor([[1]]), [0]))).toBeInstanceOf(OptionError)
  })

  it('an index that is not there', () => {
    expect(screen(thrown(() => at(tensor([1, 2]), 2)))).toMatchInlineSnapshot(`
      "OptionError OPTION
      at: there is no index 2 in f32[2].
        expected  an integer from -2 to 1
        at        errors.test.ts:…"
    `)
  })

  it('ragged arrays', () => {
    const error = thrown(() => tensor([[1, 2], [3]]))
    expect(error).toBeInstanceOf(OptionError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "OptionError OPTION
      tensor: the nested arrays are ragged at depth 1.
        expected  f32[2,2], as the first elements have it
        at        errors.test.ts:…"
    `)
  })

  it('an array in place of a tensor', () => {
    const list = [1, 2] as unknown as Tensor
    expect(screen(thrown(() => mul(tensor([1, 2]), list)))).toMatchInlineSnapshot(`
      "OptionError OPTION
      mul: operand 2 is an array.
        expected  a tensor or a number
        at        errors.test.ts:…
        fix       make it a tensor: tensor([…])"
    `)
  })

  it('a window larger than the image', () => {
    const x = tensor(new Float32Array(4), { shape: [1, 2, 2, 1] })
    const filter = tensor(new Float32Array(9), { shape: [3, 3, 1, 1] })
    expect(screen(thrown(() => conv2d(x, filter)))).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      conv2d: a window of 3×3 does not fit f32[1,2,2,1] with padding [[0,0],[0,0]].
        expected  windows no larger than the padded image
        at        errors.test.ts:…"
    `)
  })

  it('an integer argument that is differentiated', () => {
    const error = thrown(() => grad((x: Tensor) => sum(convert(x, 'f32')))(i32([1, 2])))
    expect(error).toBeInstanceOf(DerivativeError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "DerivativeError DERIVATIVE
      grad: argument 0 has a leaf i32[2], which is not differentiable.
        expected  f32 or f64
        at        errors.test.ts:…
        fix       pass it as another argument, or convert it first"
    `)
  })

  it('a loss that is an integer', () => {
    const error = thrown(() => grad((x: Tensor) => sum(convert(x, 'i32')))(tensor([1, 2])))
    expect(error).toBeInstanceOf(DerivativeError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "DerivativeError DERIVATIVE
      grad: the loss is i32[], which has no derivative.
        expected  f32 or f64
        at        errors.test.ts:…"
    `)
  })

  it('a loss of rank 2', () => {
    expect(screen(thrown(() => grad((x: Tensor) => x)(tensor([[1]]))))).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      grad: the loss is f32[1,1].
        expected  a scalar, or one number a row (rank 1)
        at        errors.test.ts:…
        fix       reduce it, such as sum(loss, { axis: -1 })"
    `)
  })

  it('an argument that does not exist', () => {
    const f = grad((x: Tensor) => x, { argnums: 1 })
    expect(screen(thrown(() => f(tensor(1))))).toMatchInlineSnapshot(`
      "OptionError OPTION
      grad: there is no argument 1; the function was called with 1.
        expected  \`argnums\` from 0 to 0
        at        errors.test.ts:…"
    `)
  })

  it('a value that is read while recording', () => {
    const error = thrown(() => jit((x: Tensor) => (x.item() > 0 ? x : square(x)))(tensor(1)))
    expect(error).toBeInstanceOf(RecordError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "RecordError RECORD
      item() was asked of f32[] while recording: %0 has no value yet.
        expected  a tensor that has been computed
        at        errors.test.ts:…
        fix       choose between values with where, cond or whileLoop; close over a number that shapes or loops depend on; or record with { dynamic: true } and read outside of the functions of loops"
    `)
  })

  it('item of several elements', () => {
    expect(screen(thrown(() => tensor([1, 2]).item()))).toMatchInlineSnapshot(`
      "OptionError OPTION
      item: f32[2] has 2 elements.
        expected  a tensor with exactly one element
        at        errors.test.ts:…
        fix       toArray() gives all elements"
    `)
  })

  it('a tensor that has escaped', () => {
    let escaped: Tensor | undefined
    record(
      x => {
        escaped = square(x)
        return x
      },
      tensor([1, 2]),
    )
    const error = thrown(() => mul(escaped as Tensor, 2))
    expect(error).toBeInstanceOf(RecordError)
    expect(screen(error)).toMatchInlineSnapshot(`
      "RecordError RECORD
      mul: a tensor has left the recording it belongs to (the last one there is f32[]).
        expected  tensors that are computed inside of the recorded function, or concrete ones
        at        errors.test.ts:…
        fix       return the tensor from the function instead of storing it outside"
    `)
  })

  it.each<[string, (x: Tensor) => unknown]>([
    ['item()', x => x.item()],
    ['toArray()', x => x.toArray()],
    ['the data', x => dataOf(x)],
  ])('%s of a tensor that has escaped', (reader, read) => {
    let escaped: Tensor | undefined
    record(x => (escaped = square(x)), tensor(1))
    const error = thrown(() => read(escaped as Tensor))
    expect(error).toBeInstanceOf(RecordError)
    expect(error.parts.summary).toMatch(`${reader}: a tensor has left the recording it belongs to`)
    expect(error.parts.fix).toBe('return the tensor from the function instead of storing it outside')
    expect(error.parts.at).toMatch(/^errors\.test\.ts:\d+:\d+$/)
  })

  it.each<[unknown, string, string | undefined]>([
    [[1, 'a'], "tensor: 'a' is no number.", undefined],
    [[1, null], 'tensor: null is no number.', undefined],
    [[[1], [undefined]], 'tensor: undefined is no number.', undefined],
    [[null], 'tensor: null is no number.', undefined],
    [null, 'tensor: null is no number.', undefined],
    [{ length: 1 }, 'tensor: {"length":1} is no number.', undefined],
    [[tensor(1)], 'tensor: a Tensor is no number.', 'stack([…]) makes one tensor of several'],
    [[[1], 2], 'tensor: the nested arrays are ragged at depth 1.', undefined],
  ])('what is no number in %j', (values, summary, fix) => {
    const { parts } = thrown(() => tensor(values as number[]))
    expect([parts.summary, parts.fix]).toEqual([summary, fix])
    expect(parts.at).toMatch(/^errors\.test\.ts:\d+:\d+$/)
  })

  it('a promise', () => {
    const later = (async () => tensor(1)) as unknown as () => Tensor
    expect(screen(thrown(() => record(later)))).toMatchInlineSnapshot(`
      "RecordError RECORD
      record: the function returned a promise.
        expected  a function that returns its tensors at once
        at        errors.test.ts:…
        fix       await what it needs before, and pass it as an argument"
    `)
  })

  it('a result that is no tensor', () => {
    const odd = (() => ({ a: [tensor(1), 'two'] })) as unknown as () => Tensor
    expect(screen(thrown(() => record(odd)))).toMatchInlineSnapshot(`
      "RecordError RECORD
      record: what the function returned has 'two' at .a[1].
        expected  tensors in nested arrays and plain objects
        at        errors.test.ts:…"
    `)
  })

  it('an argument that is no tree', () => {
    const f = jit((x: { when: Date }) => tensor(x.when.getTime()))
    expect(screen(thrown(() => f({ when: new Date(0) })))).toMatchInlineSnapshot(`
      "OptionError OPTION
      jit: argument 0 has a Date at .when.
        expected  tensors or numbers, or those in nested arrays and plain objects
        at        errors.test.ts:…
        fix       trees are arrays and plain objects, not instances of classes: give its tensors as { name: tensor, … }"
    `)
  })

  it('an explanation that is none', () => {
    expect(screen(thrown(() => formatExplanation({} as never)))).toMatchInlineSnapshot(`
      "OptionError OPTION
      formatExplanation: what it takes is {}, not an explanation.
        expected  what \`explain\` gives
        at        errors.test.ts:…"
    `)
    expect(thrown(() => formatExplanation(undefined as never)).parts.summary).toContain('is undefined,')
  })

  it('more bytes than numbers count', () => {
    const aval = { dtype: 'f32', shape: [2 ** 26, 2 ** 25] } as const
    expect(screen(thrown(() => jit((x: Tensor) => sum(x)).explain(aval)))).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      The values of the program have 9.01e+15 bytes.
        expected  less than 2⁵³ bytes
        at        %0 f32[67108864,33554432]
        fix       use smaller batches or layers, since one memory has at most 4 GiB"
    `)
    const wide = (x: Tensor) => sum(broadcastTo(x, [2 ** 30, 2 ** 30]))
    expect(screen(thrown(() => grad(wide, { memory: '1 MiB' })(tensor(1))))).toMatchInlineSnapshot(`
      "ShapeError SHAPE
      The values of the program have 9.22e+18 bytes.
        expected  less than 2⁵³ bytes
        at        %2 f32[1073741824,1073741824] = broadcastTo %0 f32[]
        fix       use smaller batches or layers, since one memory has at most 4 GiB"
    `)
  })

  it('a memory that is no size', () => {
    expect(screen(thrown(() => jit((x: Tensor) => x, { memory: 'banana' })))).toMatchInlineSnapshot(`
      "OptionError OPTION
      \`memory\` is not a size in bytes: 'banana'.
        expected  a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'
        at        errors.test.ts:…"
    `)
  })
})

describe('a budget that is too small', () => {
  const f = (options: { memory?: string | number }) =>
    valueAndGrad((x: Tensor) => sum(square(matmul(x, x))), options)
  const x = tensor(new Float32Array(200 * 200).fill(0.01), { shape: [200, 200] })

  it('is refused with the fewest bytes that do', () => {
    const error = thrown(() => f({ memory: '64 KiB' })(x))
    expect(error).toBeInstanceOf(BudgetError)
    const { leastBytes } = error as BudgetError
    const without = screen(error)
      .replaceAll(String(leastBytes), '…')
      .replace(formatByteSize(leastBytes, 'up'), '…')
    expect(without).toMatchInlineSnapshot(`
      "BudgetError BUDGET
      No plan fits 65536 bytes.
        expected  at least … bytes, in whole pages of 65536
        at        %6 f32[200,200] = matmul %5 f32[200,200], %0 f32[200,200], recorded at errors.test.ts:…
        fix       give it … bytes (…), or use smaller batches or layers"
    `)
    expect((error as BudgetError).budgetBytes).toBe(65536)
    expect(error.data).toMatchObject({ budgetBytes: 65536, leastBytes })
  })

  it('counts a single byte, and says with how many bytes loops do beside a store', () => {
    const turns = (x: Tensor) => sum(forLoop(9, (_, y: Tensor) => tanh(matmul(y, y)), x))
    const gradient = grad(turns, { memory: 1 })
    const { parts } = thrown(() => gradient(x))
    expect(parts.summary).toBe('No plan fits 1 byte.')
    expect(parts.fix).toMatch(
      / or give its loops a store for their states, the option `spill`, .*: then \d+ do$/,
    )
    expect(thrown(() => jit(turns, { memory: 1 })(x)).parts.fix).not.toContain('spill')
    const spilling = grad(turns, { memory: 1, spill: { directory: tmpdir() } })
    expect(thrown(() => spilling(x)).parts.fix).not.toContain('spill')
  })

  it('the fewest bytes do, with the same bits', () => {
    const { leastBytes } = thrown(() => f({ memory: 1 })(x)) as BudgetError
    const [tight, ample] = [f({ memory: leastBytes })(x), f({})(x)]
    expect(tight.gradient.toTypedArray()).toEqual(ample.gradient.toTypedArray())
    expect(thrown(() => f({ memory: leastBytes - 1 })(x))).toMatchObject({ leastBytes })
  })
})

describe('places', () => {
  it('point to the line of the caller', () => {
    const here = Number(/errors\.test\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1])
    const error = thrown(() => matmul(tensor([1]), tensor([1, 2])))
    expect(error.parts.at).toMatch(new RegExp(`^errors\\.test\\.ts:${here + 1}:\\d+$`))
  })

  it('point into the recorded function', () => {
    const here = Number(/errors\.test\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1])
    const f = grad((x: Tensor) =>
      sum(
        x.add(tensor([1, 2])), // here
      ),
    )
    expect(thrown(() => f(tensor([1, 2, 3]))).parts.at).toMatch(
      new RegExp(`^errors\\.test\\.ts:${here + 3}:\\d+$`),
    )
  })
})

it('errors survive a structured clone with message and data', () => {
  const error = thrown(() => grad((x: Tensor) => x, { memory: 1 })(tensor(1)))
  expect(structuredClone({ code: error.code, message: error.message, data: error.data })).toEqual({
    code: 'BUDGET',
    message: error.message,
    data: error.data,
  })
})
