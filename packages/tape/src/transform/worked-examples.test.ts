import { random, TextbookTape } from '@wengert/testkit'
import { describe, expect, it } from 'vitest'
import {
  add,
  at,
  exp,
  matmul,
  mul,
  sigmoid,
  sin,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '../index.js'
import { valueAndGrad } from './index.js'

/** A scalar in f64. */
const number = (x: number) => tensor(x, { dtype: 'f64' })

/** Value and gradient of a function of numbers, in f64. */
function derive(f: (...xs: Tensor[]) => Tensor, ...at: number[]): { value: number; gradient: number[] } {
  const positions = at.map((_, k) => k)
  const { value, gradient } = valueAndGrad(f, { argnums: positions })(...at.map(number))
  return { value: value.item(), gradient: gradient.map(x => x.item()) }
}

/** Both sides round a handful of operations: equal to 13 digits, in proportion. */
function close(got: number, want: number): void {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(want)))
}

describe('f(x, y) = 5x² − xy', () => {
  it.each([
    [3, 2],
    [-1.25, 7],
    [0, 0],
  ])('at (%f, %f): ∂f/∂x = 10x − y, ∂f/∂y = −x', (x, y) => {
    const { value, gradient } = derive((x, y) => sub(mul(5, square(x)), mul(x, y)), x, y)
    expect(value).toBe(5 * x * x - x * y)
    expect(gradient).toEqual([10 * x - y, -x])
  })
})

describe('f(x₁, x₂) = x₁x₂ + sin x₁', () => {
  const f = (x: Tensor, y: Tensor) => add(mul(x, y), sin(x))

  it.each([
    [0.5, 4],
    [-2, 0.3],
    [Math.PI, 1],
  ])('at (%f, %f): ∂f/∂x₁ = x₂ + cos x₁, ∂f/∂x₂ = x₁', (x, y) => {
    const { value, gradient } = derive(f as (...xs: Tensor[]) => Tensor, x, y)
    close(value, x * y + Math.sin(x))
    close(gradient[0] as number, y + Math.cos(x))
    expect(gradient[1]).toBe(x)
  })

  it('has the adjoints of the textbook: w̄₁ gathers w̄₃·w₂ and w̄₄·cos w₁', () => {
    const [x, y] = [0.5, 4]
    const tape = new TextbookTape()
    const [w1, w2] = [tape.leaf(x), tape.leaf(y)]
    const w3 = tape.node(x * y, [
      [w1, y],
      [w2, x],
    ])
    const w4 = tape.node(Math.sin(x), [[w1, Math.cos(x)]])
    const w5 = tape.node(x * y + Math.sin(x), [
      [w3, 1],
      [w4, 1],
    ])
    const adjoints = tape.sweep([[w5, 1]])
    const { gradient } = derive(f as (...xs: Tensor[]) => Tensor, x, y)
    close(gradient[0] as number, adjoints[w1] as number)
    close(gradient[1] as number, adjoints[w2] as number)
  })
})

describe('f(x₁, x₂) = [sin(x₁/x₂) + x₁/x₂ − exp x₂] · [x₁/x₂ − exp x₂] at (1.5, 0.5)', () => {
  const [x, y] = [1.5, 0.5]
  const { value, gradient } = derive(
    (x, y) => {
      const quotient = x.div(y)
      const power = exp(y)
      return sin(quotient).add(quotient).sub(power).mul(quotient.sub(power))
    },
    x,
    y,
  )

  it('has the value of the evaluation trace', () => {
    // The trace rounds v₄ and v₅ to 4 decimals before it multiplies them.
    expect(Math.abs(value - 2.0167)).toBeLessThan(1e-4)
  })

  it('has ∂y/∂x₁ of the tangent trace', () => {
    expect(gradient[0]).toBeCloseTo(3.0118, 4)
  })

  it('has the closed forms', () => {
    // With v₁ = x₁/x₂, a = sin v₁ + v₁ − e and b = v₁ − e for e = exp x₂: df = (cos v₁ dv₁ + dv₁ − de)·b + a·(dv₁ − de).
    const [v1, e] = [x / y, Math.exp(y)]
    const [a, b] = [Math.sin(v1) + v1 - e, v1 - e]
    const partial = (dv1: number, de: number) => (Math.cos(v1) * dv1 + dv1 - de) * b + a * (dv1 - de)
    close(value, a * b)
    close(gradient[0] as number, partial(1 / y, 0))
    close(gradient[1] as number, partial(-x / (y * y), e))
  })
})

describe('f(x, y) = 1 + x + exp(sin(xy))', () => {
  it.each([
    [0.7, 1.3],
    [-2, 0.25],
    [0, 5],
  ])('at (%f, %f): ∂f/∂x = 1 + exp(sin xy)·cos(xy)·y, ∂f/∂y = exp(sin xy)·cos(xy)·x', (x, y) => {
    const { value, gradient } = derive((x, y) => add(1, x).add(exp(sin(mul(x, y)))), x, y)
    const slope = Math.exp(Math.sin(x * y)) * Math.cos(x * y)
    close(value, 1 + x + Math.exp(Math.sin(x * y)))
    close(gradient[0] as number, 1 + slope * y)
    close(gradient[1] as number, slope * x)
  })
})

describe("Speelpenning's product Πxᵢ of 10 factors", () => {
  const speelpenning = (x: Tensor) => {
    let product = at(x, 0)
    for (let k = 1; k < 10; k++) product = mul(product, at(x, k))
    return product
  }
  const run = (xs: number[]) => {
    const { value, gradient } = valueAndGrad(speelpenning)(tensor(new Float64Array(xs)))
    return { value: value.item(), gradient: gradient.toArray() as number[] }
  }
  const others = (xs: number[], k: number) =>
    xs.reduce((product, x, other) => (other === k ? product : product * x), 1)

  it('has Π_{j≠i} xⱼ as ∂/∂xᵢ', () => {
    const xs = [1.5, -0.5, 2, 0.75, 1.25, -1, 3, 0.9, 1.1, -2]
    const { value, gradient } = run(xs)
    close(value, others(xs, -1))
    for (const [k, partial] of gradient.entries()) close(partial, others(xs, k))
  })

  it('with one factor zero, where dividing the product by it fails', () => {
    const xs = [1.5, -0.5, 2, 0, 1.25, -1, 3, 0.5, 1, -2]
    const { value, gradient } = run(xs)
    expect(Math.abs(value)).toBe(0)
    expect(gradient.map(Math.abs)).toEqual(xs.map((_, k) => Math.abs(others(xs, k))))
    expect(gradient[3]).toBe(others(xs, 3))
  })

  it('with two factors zero is flat', () => {
    const { gradient } = run([1.5, 0, 2, 0.75, 1.25, 0, 3, 0.5, 1, -2])
    expect(gradient.map(Math.abs)).toEqual(new Array(10).fill(0))
  })
})

describe('the single-layer perceptron y = σ(Σ wᵢxᵢ)', () => {
  it('has ∂y/∂wᵢ = σ′·xᵢ and ∂y/∂xᵢ = σ′·wᵢ, with σ′ = σ(1 − σ)', () => {
    const [w, x] = [
      [0.2, -0.4, 0.7],
      [1.5, 0.5, -1],
    ] as const
    const f = (w: Tensor, x: Tensor) => sigmoid(sum(mul(w, x)))
    const { value, gradient } = valueAndGrad(f, { argnums: [0, 1] })(
      tensor(new Float64Array(w)),
      tensor(new Float64Array(x)),
    )
    const s = w.reduce((total, wi, k) => total + wi * (x[k] as number), 0)
    const y = 1 / (1 + Math.exp(-s))
    close(value.item(), y)
    const [dw, dx] = gradient.map(part => part.toArray() as number[]) as [number[], number[]]
    x.forEach((xi, k) => {
      close(dw[k] as number, y * (1 - y) * xi)
    })
    w.forEach((wi, k) => {
      close(dx[k] as number, y * (1 - y) * wi)
    })
  })
})

describe('a network of three layers', () => {
  const widths = [4, 5, 3, 2]
  const next = random(3)
  const vector = (length: number) => Array.from({ length }, () => 2 * next() - 1)
  const weights = widths
    .slice(1)
    .map((rows, l) => Array.from({ length: rows }, () => vector(widths[l] as number)))
  const biases = widths.slice(1).map(vector)
  const x = vector(4)
  const target = vector(2)

  /** E = ½ Σ (z − t)² with z⁽ˡ⁾ = φ(s⁽ˡ⁾), s⁽ˡ⁾ = W⁽ˡ⁾z⁽ˡ⁻¹⁾ + b⁽ˡ⁾ and φ = tanh. */
  const loss = (layers: { w: Tensor; b: Tensor }[], x: Tensor) => {
    let z = x
    for (const { w, b } of layers) z = tanh(add(matmul(w, z), b))
    return mul(0.5, sum(square(sub(z, tensor(target, { dtype: 'f64' })))))
  }

  /** Backpropagation written out: δ⁽ˡ⁻¹⁾ = φ′(s⁽ˡ⁻¹⁾) ⊙ (W⁽ˡ⁾)ᵀδ⁽ˡ⁾, ∂E/∂W⁽ˡ⁾ = δ⁽ˡ⁾z⁽ˡ⁻¹⁾ᵀ, ∂E/∂b⁽ˡ⁾ = δ⁽ˡ⁾. */
  function backpropagate() {
    const zs = [x]
    for (const [l, w] of weights.entries()) {
      const below = zs[l] as number[]
      const s = w.map(
        (row, i) =>
          row.reduce((total, wij, j) => total + wij * (below[j] as number), 0) + (biases[l]?.[i] as number),
      )
      zs.push(s.map(Math.tanh))
    }
    const out = zs[3] as number[]
    const error = out.reduce((total, z, k) => total + (z - (target[k] as number)) ** 2 / 2, 0)
    const slope = (z: number) => 1 - z * z
    let delta = out.map((z, k) => (z - (target[k] as number)) * slope(z))
    const gradient: { w: number[][]; b: number[] }[] = []
    for (let l = 2; l >= 0; l--) {
      const below = zs[l] as number[]
      gradient.unshift({ w: delta.map(d => below.map(z => d * z)), b: delta })
      const above = delta
      delta = below.map((z, j) => {
        const pulled = above.reduce((total, d, i) => total + (weights[l]?.[i]?.[j] as number) * d, 0)
        return slope(z) * pulled
      })
    }
    return { error, gradient }
  }

  it('has the gradient that δ⁽ˡ⁻¹⁾ = φ′(s⁽ˡ⁻¹⁾) ⊙ (W⁽ˡ⁾)ᵀδ⁽ˡ⁾ gives', () => {
    const layers = weights.map((w, l) => ({
      w: tensor(w, { dtype: 'f64' }),
      b: tensor(biases[l] as number[], { dtype: 'f64' }),
    }))
    const { value, gradient } = valueAndGrad(loss)(layers, tensor(x, { dtype: 'f64' }))
    const { error, gradient: want } = backpropagate()
    close(value.item(), error)
    expect(gradient).toHaveLength(3)
    for (const [l, { w, b }] of gradient.entries()) {
      const [dw, db] = [w.toArray() as number[][], b.toArray() as number[]]
      want[l]?.w.forEach((row, i) => {
        row.forEach((partial, j) => {
          close(dw[i]?.[j] as number, partial)
        })
      })
      want[l]?.b.forEach((partial, i) => {
        close(db[i] as number, partial)
      })
    }
  })
})
