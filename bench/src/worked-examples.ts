import { div, exp, log, matmul, mul, sigmoid, sin, square, sub, sum, type Tensor, tanh } from '@wengert/tape'

/** Numbers in lists, as deep as the tensor has axes. */
export type Numbers = number | readonly Numbers[]

/** A function of a book or a paper with the point at which it is worked out there. */
export interface WorkedExample {
  readonly name: string
  /** The function as it is printed. */
  readonly formula: string
  readonly source: string
  /** Arguments by name, in f64. */
  readonly inputs: Readonly<Record<string, Numbers>>
  readonly f: (...xs: readonly Tensor[]) => Tensor
}

type F = (...xs: Tensor[]) => Tensor

/** With a function of a fixed number of tensors. */
const example = (made: Omit<WorkedExample, 'f'> & { f: F }): WorkedExample => made as WorkedExample

/** The worked examples, by name. */
export const workedExamples: readonly WorkedExample[] = [
  example({
    name: 'baydin',
    formula: 'f(x₁, x₂) = ln x₁ + x₁x₂ − sin x₂',
    source: 'Baydin, Pearlmutter, Radul & Siskind 2018, tables 2 and 3',
    inputs: { 'x₁': 2, 'x₂': 5 },
    f(x1, x2) {
      const [v1, v2, v3] = [log(x1 as Tensor), mul(x1 as Tensor, x2 as Tensor), sin(x2 as Tensor)]
      return sub(v1.add(v2), v3)
    },
  }),
  example({
    name: 'griewank',
    formula: 'y = [sin(x₁/x₂) + x₁/x₂ − exp x₂] · [x₁/x₂ − exp x₂]',
    source: 'Griewank & Walther 2008, chapter 1',
    inputs: { 'x₁': 1.5, 'x₂': 0.5 },
    f(x1, x2) {
      const v1 = div(x1 as Tensor, x2 as Tensor)
      const v2 = sin(v1)
      const v4 = sub(v1, exp(x2 as Tensor))
      return v2.add(v4).mul(v4)
    },
  }),
  example({
    name: 'accumulation',
    formula: 'f(x₁, x₂) = x₁x₂ + sin x₁',
    source: 'Automatic differentiation, Wikipedia, both modes of accumulation',
    inputs: { 'x₁': 0.5, 'x₂': 4 },
    f: (x1, x2) => mul(x1 as Tensor, x2 as Tensor).add(sin(x1 as Tensor)),
  }),
  example({
    name: 'branches',
    formula: 'f(x, y) = 5x² − xy',
    source: 'reverse accumulation along the branches of a graph',
    inputs: { x: 3, y: 2 },
    f: (x, y) => sub(mul(5, square(x as Tensor)), mul(x as Tensor, y as Tensor)),
  }),
  example({
    name: 'composition',
    formula: 'f(x, y) = 1 + x + exp(sin(xy))',
    source: 'symbolic, forward and reverse derivatives side by side',
    inputs: { x: 0.7, y: 1.3 },
    f: (x, y) => (x as Tensor).add(1).add(exp(sin(mul(x as Tensor, y as Tensor)))),
  }),
  example({
    name: 'speelpenning',
    formula: 'f(x) = x₁x₂x₃x₄',
    source: 'Speelpenning 1980',
    inputs: { 'x₁': 1.5, 'x₂': -0.5, 'x₃': 2, 'x₄': 0.75 },
    f: (...xs) => xs.reduce((product, x) => mul(product, x)),
  }),
  example({
    name: 'perceptron',
    formula: 'y = σ(w₁x₁ + w₂x₂ + w₃x₃)',
    source: 'a perceptron of one layer',
    inputs: { 'w₁': 0.2, 'w₂': -0.4, 'w₃': 0.7, 'x₁': 1.5, 'x₂': 0.5, 'x₃': -1 },
    f(w1, w2, w3, x1, x2, x3) {
      const terms = [mul(x1 as Tensor, w1 as Tensor), mul(x2 as Tensor, w2 as Tensor)]
      return sigmoid([...terms, mul(x3 as Tensor, w3 as Tensor)].reduce((total, term) => total.add(term)))
    },
  }),
  example({
    name: 'network',
    formula: 'E = ½ Σ (W₂ tanh(W₁x + b₁) − t)²',
    source: 'backpropagation δ⁽ˡ⁻¹⁾ = φ′(s⁽ˡ⁻¹⁾) ⊙ (W⁽ˡ⁾)ᵀδ⁽ˡ⁾',
    inputs: {
      'W₁': [
        [0.5, -1],
        [0.25, 0.75],
      ],
      'b₁': [[0.1], [-0.2]],
      'W₂': [[1.5, -0.5]],
      x: [[1], [2]],
      t: [[0.5]],
    },
    f(w1, b1, w2, x, t) {
      const z = tanh(matmul(w1 as Tensor, x as Tensor).add(b1 as Tensor))
      return mul(0.5, sum(square(sub(matmul(w2 as Tensor, z), t as Tensor))))
    },
  }),
]
