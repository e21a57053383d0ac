import { describe, expect, it } from 'vitest'
import { formatProgram, mul, record, sort, sum, type Tensor, tensor, vmap } from '../index.js'
import { evaluationTrace, grad, jvp } from './index.js'

const vector = (...xs: number[]) => tensor(xs, { dtype: 'f64' })
const list = (xs: readonly (Tensor | undefined)[]) => xs.map(x => x?.toArray())

describe('an evaluation trace', () => {
  it('has the program of the function and a value for each of its values', () => {
    const f = (x: Tensor) => sum(mul(x, x).add(1))
    const { program, values } = evaluationTrace(f, [vector(1, 2)])
    expect(formatProgram(program)).toBe(formatProgram(record(f, vector(1, 2)).program))
    expect(list(values)).toEqual([[1, 2], [1, 4], 1, [2, 5], 7])
  })

  it('has the derivative of the sum of all outputs by every value', () => {
    const f = (x: Tensor, y: Tensor) => [x.mul(y), x.sin()]
    const { adjoints, program } = evaluationTrace(f, [vector(2), vector(3)])
    expect(program.outputs).toHaveLength(2)
    const want = grad((x: Tensor, y: Tensor) => x.mul(y).add(x.sin()).sum())(vector(2), vector(3))
    expect(list(adjoints)).toEqual([want.toArray(), [2], [1], [1]])
  })

  it('has what each instruction adds to the adjoints of its inputs, and their sum is the adjoint', () => {
    const { contributions, adjoints } = evaluationTrace((x: Tensor) => x.mul(x).add(x), [vector(3)])
    expect(contributions.map(list)).toEqual([
      [[3], [3]],
      [[1], [1]],
    ])
    expect(list(adjoints)).toEqual([[7], [1], [1]])
  })

  it('has tangents along those of the arguments', () => {
    const f = (x: Tensor, y: Tensor) => x.mul(y).exp()
    const args: [Tensor, Tensor] = [vector(1, 2), vector(0.5, 0.25)]
    const along: [Tensor, Tensor] = [vector(1, 0), vector(0, 1)]
    const { tangents, program } = evaluationTrace(f, args, along)
    const out = tangents[program.outputs[0] as number]
    expect(out?.toArray()).toEqual(jvp(f, args, along).tangent.toArray())
    expect(evaluationTrace(f, args).tangents.every(t => t === undefined)).toBe(true)
  })

  it('leaves undefined what has no derivative, and follows ops of several outputs', () => {
    const labels = tensor([1, 0], { dtype: 'i32' })
    const f = (x: Tensor, k: Tensor) => sort(x).take(k).sum()
    const { program, adjoints } = evaluationTrace(f, [vector(5, 4), labels])
    expect(adjoints[program.inputs[0] as number]?.toArray()).toEqual([1, 1])
    expect(adjoints[program.inputs[1] as number]).toBeUndefined()
    program.instructions.forEach(({ op, outputs }) => {
      if (op === 'argsort') expect(adjoints[outputs[0] as number]).toBeUndefined()
    })
  })

  it('nests in other transformations', () => {
    const slope = (x: Tensor) => {
      const { adjoints } = evaluationTrace((y: Tensor) => y.square().mul(y), [x])
      return adjoints[0] as Tensor
    }
    // d x³ = 3x², d² = 6x
    expect(grad(slope)(tensor(2)).item()).toBe(12)
    expect(vmap(slope)(vector(1, 2)).toArray()).toEqual([3, 12])
  })

  it('refuses tangents that are not like the arguments', () => {
    expect(() =>
      evaluationTrace((x: Tensor) => x.sin(), [vector(1, 2)], [vector(1)]),
    ).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: evaluationTrace: a tangent is f64[1][0].
        expected  f64[2], like what it belongs to
        at        evaluation-trace.test.ts:66:7]
    `)
  })
})
