import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matmul, mul, reshape, slice, softmax, sum, transpose } from '../ops/index.js'
import { type Aval, type Instruction, reshaped, sizeOf, type View, wholeView } from '../program/index.js'
import { dataOf, record, type Tensor, type Tree, tensor } from '../record/index.js'
import { Arena, compile, lower } from '../run/index.js'
import { valueAndGrad } from '../transform/index.js'
import { foldViews, mergeProducts } from './fold-views.js'
import { simplify } from './simplify.js'

const opsOf = (fn: (...xs: Tensor[]) => Tree<Tensor>, ...shapes: readonly (readonly number[])[]) => {
  const { program } = record(fn as never, ...shapes.map(shape => ({ dtype: 'f32' as const, shape })))
  return foldViews(simplify(program)).instructions.map(({ op }) => op)
}

describe('what products read and write in place', () => {
  test('transposed operands', () => {
    expect(opsOf((x, y) => matmul(transpose(x), transpose(y)), [3, 2], [4, 3])).toEqual(['stridedMatmul'])
  })

  test('slices of rows and of columns', () => {
    const f = (x: Tensor) => matmul(slice(x, [0, 0], [4, 3]), slice(x, [1, 2], [4, 6]))
    expect(opsOf(f, [4, 6])).toEqual(['stridedMatmul'])
  })

  test('but not every second column', () => {
    const f = (x: Tensor, y: Tensor) => matmul(slice(x, [0, 0], [4, 6], [1, 2]), y)
    expect(opsOf(f, [4, 6], [3, 5])).toEqual(['slice', 'matmul'])
  })

  test('what others read as well is copied once, and read there', () => {
    const f = (x: Tensor, y: Tensor) => {
      const t = transpose(x)
      return [matmul(t, y), t.exp()]
    }
    expect(opsOf(f, [3, 2], [3, 5])).toEqual(['transpose', 'matmul', 'exp'])
  })

  test('results that are transposed', () => {
    const f = (x: Tensor, y: Tensor) => transpose(matmul(x, y).reshape([2, 4, 3, 5]), [0, 2, 1, 3]).exp()
    expect(opsOf(f, [8, 3, 7], [8, 7, 5])).toEqual(['stridedMatmul', 'exp'])
  })

  test('no copy is left in attention with heads, forward and back', () => {
    const [batch, steps, heads, size] = [2, 5, 3, 4]
    const split = (x: Tensor) => transpose(reshape(x, [batch, steps, heads, size]), [0, 2, 1, 3])
    const attention = (q: Tensor, k: Tensor, v: Tensor, w: Tensor) => {
      const scores = softmax(matmul(split(q), transpose(split(k), [0, 1, 3, 2])))
      const joined = reshape(transpose(matmul(scores, split(v)), [0, 2, 1, 3]), [batch, steps, heads * size])
      return sum(matmul(joined, w).square())
    }
    const shape = [batch, steps, heads * size]
    const both = valueAndGrad(attention, { argnums: [0, 1, 2, 3] })
    const grad = (...xs: Tensor[]) =>
      both(...(xs as [Tensor, Tensor, Tensor, Tensor])) as unknown as Tree<Tensor>
    expect(opsOf(grad, shape, shape, shape, [12, 12])).not.toContain('transpose')
  })
})

/** Steps from matrices to others. */
type Step = (xs: readonly Tensor[]) => Tensor

const steps: readonly fc.Arbitrary<Step>[] = [
  fc.nat().map(
    (k): Step =>
      xs => {
        const x = xs[k % xs.length] as Tensor
        return transpose(x, [0, 2, 1])
      },
  ),
  fc.tuple(fc.nat(), fc.nat()).map(
    ([k, cut]): Step =>
      xs => {
        const x = xs[k % xs.length] as Tensor
        const [b, p, q] = x.shape as [number, number, number]
        return slice(x, [0, cut % p, 0], [b, p, q])
      },
  ),
  // Heads: an axis of the batch moves behind the rows, and back.
  fc.nat().map(
    (k): Step =>
      xs => {
        const x = xs[k % xs.length] as Tensor
        const [b, p, q] = x.shape as [number, number, number]
        return b % 2 === 0
          ? transpose(x.reshape([2, b / 2, p, q]), [0, 2, 1, 3]).reshape([2 * p, b / 2, q])
          : x
      },
  ),
  fc.tuple(fc.nat(), fc.nat(), fc.boolean(), fc.boolean()).map(
    ([k, j, tx, ty]): Step =>
      xs => {
        const [x, y] = [xs[k % xs.length] as Tensor, xs[j % xs.length] as Tensor]
        const [a, b] = [tx ? transpose(x, [0, 2, 1]) : x, ty ? transpose(y, [0, 2, 1]) : y]
        const fits = a.shape[0] === b.shape[0] && a.shape[2] === b.shape[1]
        return fits ? matmul(a, b) : mul(x, 0.5)
      },
  ),
]

test('the bits of random programs do not change', () => {
  const extent = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(33, 40))
  const programs = fc.record({
    batch: fc.constantFrom(1, 2, 4),
    sizes: fc.tuple(extent, extent),
    // Of the last two, products of two inputs are subnormal.
    scale: fc.constantFrom(1, 1, 2 ** -66, 2 ** -125),
    steps: fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 10 }),
  })
  let folds = 0
  fc.assert(
    fc.property(programs, ({ batch, sizes: [p, q], scale, steps }) => {
      const fn = (...inputs: Tensor[]) => {
        const xs = [...inputs]
        for (const step of steps) xs.push(step(xs))
        return xs.slice(inputs.length)
      }
      const inputs = [
        [batch, p, q],
        [batch, q, p],
        [batch, p, p],
      ].map((shape, k) => {
        const data = Float32Array.from({ length: sizeOf(shape) }, (_, at) => scale * Math.sin(at + 10 * k))
        return tensor(data, { shape })
      })
      // Op by op, nothing is folded.
      const expected = fn(...inputs)
      const { program } = record(fn as never, ...inputs)
      if (foldViews(simplify(program)).instructions.some(({ op }) => op === 'stridedMatmul')) folds++
      const arena = new Arena()
      const executable = compile({ ...program, outputs: program.outputs.slice(-1) })
      arena.load(executable)
      for (const [k, x] of inputs.entries()) arena.write(k, dataOf(x))
      arena.run()
      expect(Array.from(arena.read(0))).toEqual(Array.from(dataOf(expected.at(-1) as Tensor)))
    }),
    { numRuns: 200 },
  )
  expect(folds).toBeGreaterThan(20)
})

test('a product of a copy and one where the matrix lies are one, with the same bits', () => {
  const [x, y] = [tensor([[1, 2, 3]]), tensor([[4, -5, 6, 0.7]])]
  const once = record((x: Tensor, y: Tensor) => matmul(transpose(x), y), x, y).program
  const both = record(
    (x: Tensor, y: Tensor) => {
      const t = transpose(x)
      return [matmul(t, y), t.exp()]
    },
    x,
    y,
  ).program
  const [strided] = foldViews(once).instructions as [Instruction]
  // What a step computes for what is read later, beside what it computes anyway.
  const value = both.avals.length
  const beside = {
    ...both,
    avals: [...both.avals, both.avals[both.outputs[0] as number] as Aval],
    instructions: [...both.instructions, { ...strided, inputs: both.inputs, outputs: [value] }],
    outputs: [...both.outputs, value],
  }
  const merged = mergeProducts(beside)
  expect(merged.instructions.map(({ op }) => op)).toEqual(['transpose', 'matmul', 'exp'])
  expect(merged.outputs[2]).toBe(merged.outputs[0])
  expect(mergeProducts(both)).toBe(both)
  const other = {
    ...beside,
    instructions: [...both.instructions, { ...strided, inputs: both.inputs.toReversed(), outputs: [value] }],
  }
  expect(mergeProducts(other)).toBe(other)
  // The same operands, otherwise transposed.
  const square = record(
    (x: Tensor) => [matmul(transpose(x), x), matmul(x, transpose(x))],
    tensor([
      [1, 2],
      [3, 4],
    ]),
  ).program
  const folded = foldViews(square)
  expect(folded.instructions).toHaveLength(2)
  expect(mergeProducts(folded)).toBe(folded)
})

test('copies that are left out are no longer in the plan', () => {
  const { program } = record(
    (x: Tensor, y: Tensor) => matmul(x, transpose(y)),
    tensor([[1, 2]]),
    tensor([[3, 4]]),
  )
  expect(lower(foldViews(program), []).graph.steps).toHaveLength(1)
})

describe('reshaped views', () => {
  const elements = ({ shape, strides, offset }: View): number[] =>
    shape.reduce(
      (so, length, axis) =>
        so.flatMap(at => Array.from({ length }, (_, k) => at + k * (strides[axis] as number))),
      [offset],
    )

  test('show the same elements in the same order, or there are no strides that do', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(lengths, fc.nat(), lengths, (shape, seed, to) => {
        const axes = shape.map((_, axis) => axis)
        const order = axes.toSorted((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5))
        const { strides } = wholeView(shape)
        const view = {
          shape: order.map(a => shape[a] as number),
          strides: order.map(a => strides[a] as number),
          offset: 3,
        }
        fc.pre(sizeOf(to) === sizeOf(shape))
        const result = reshaped(view, to)
        const wanted = elements(view)
        if (result) expect(elements(result)).toEqual(wanted)
        // Strides exist exactly if the places are an arithmetic progression along each axis of the new shape.
        const { strides: steps } = wholeView(to)
        const affine = wanted.every((at, k) => {
          let rest = k
          const index = steps.map(step => {
            const i = Math.floor(rest / step)
            rest -= i * step
            return i
          })
          return (
            at === index.reduce((sum, i, axis) => sum + i * ((wanted[steps[axis] as number] ?? 0) - 3), 3)
          )
        })
        expect(result !== undefined).toBe(affine)
      }),
      { numRuns: 2000 },
    )
  })
})
