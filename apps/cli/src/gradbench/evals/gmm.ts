// Gaussian mixture model: the logarithm of the posterior probability of its parameters, with a Wishart prior on the
// precision matrices Σₖ⁻¹ = QₖᵀQₖ.
import {
  concat,
  exp,
  grad,
  jit,
  logsumexp,
  matmul,
  square,
  sum,
  type Tensor,
  take,
  tensor,
  transpose,
  zerosLike,
} from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/** What the posterior is differentiated by. */
type Parameters = {
  /** Logarithms of weights, up to a constant: φ = softmax α; [K] */
  readonly alpha: Tensor
  /** Means; [K, D] */
  readonly mu: Tensor
  /** Logarithms of the diagonals of Q; [K, D] */
  readonly q: Tensor
  /** What is below the diagonals of Q, column by column; [K, D (D − 1) / 2] */
  readonly l: Tensor
}

/** The prior: a Wishart distribution with V = I / γ² and n = D + m + 1 degrees of freedom. */
interface Wishart {
  readonly m: number
  readonly gamma: number
}

/** log p(x | θ, φ) p(θ), for observations x of shape [N, D]. */
function logPosterior(theta: Parameters, x: Tensor, prior: Wishart): Tensor {
  const { alpha, mu, q } = theta
  const [[N, D], K] = [x.shape as [number, number], alpha.size]
  const Q = precisionRoots(theta)
  // Qₖ (xᵢ − μₖ) = Qₖ xᵢ − Qₖ μₖ, all Qₖ xᵢ by one product
  const Qx = matmul(x, transpose(Q.reshape([K * D, D]))).reshape([N, K, D])
  const Qmu = matmul(Q, mu.reshape([K, D, 1])).reshape([K, D])
  const distances = sum(square(Qx.sub(Qmu)), { axis: 2 })
  // log Σₖ φₖ √det Σₖ⁻¹ · exp(−½ ‖Qₖ (xᵢ − μₖ)‖²), where log √det Σₖ⁻¹ = Σ qₖ
  const terms = alpha.add(sum(q, { axis: 1 })).sub(distances.mul(0.5))
  const likelihood = sum(logsumexp(terms, { axis: 1 })).sub(logsumexp(alpha).mul(N))
  return likelihood.sub(0.5 * N * D * Math.log(2 * Math.PI)).add(logPrior(theta, Q, prior))
}

/** Qₖ, with exp qₖ on the diagonal and lₖ below; [K, D, D] */
function precisionRoots({ q, l }: Parameters): Tensor {
  const [K, D] = q.shape as [number, number]
  const entries = concat([exp(q), l, zerosLike(q.slice([0, 0], [K, 1]))], { axis: 1 })
  const zero = D + l.shape[1]!
  const place = (i: number, j: number) =>
    i === j ? i : i > j ? D + j * D - (j * (j + 1)) / 2 + (i - j - 1) : zero
  const places = Array.from({ length: D }, (_, i) => Array.from({ length: D }, (_, j) => place(i, j)))
  return take(entries, tensor(places, { dtype: 'i32' }), { axis: 1 })
}

/** Σₖ log W(Σₖ⁻¹; V, n) = Σₖ m · Σ qₖ − ½ γ² ‖Qₖ‖² + constant. */
function logPrior({ q }: Parameters, Q: Tensor, { m, gamma }: Wishart): Tensor {
  const [K, D] = q.shape as [number, number]
  const n = D + m + 1
  const constant = n * D * (Math.log(gamma) - 0.5 * Math.log(2)) - logGamma(D, n)
  return sum(q)
    .mul(m)
    .sub(sum(square(Q)).mul(0.5 * gamma * gamma))
    .add(K * constant)
}

/** log Γ_D(n / 2) = ¼ D (D − 1) log π + Σⱼ log Γ((n + 1 − j) / 2), j = 1 … D. */
function logGamma(D: number, n: number): number {
  let total = 0.25 * D * (D - 1) * Math.log(Math.PI)
  for (let j = 1; j <= D; j++) total += logGammaOfHalf(n + 1 - j)
  return total
}

/** log Γ(n / 2), from Γ(1) = 1 or Γ(½) = √π and Γ(x + 1) = x Γ(x). */
function logGammaOfHalf(n: number): number {
  let total = n % 2 === 0 ? 0 : 0.5 * Math.log(Math.PI)
  for (let x = n / 2 - 1; x > 0; x--) total += Math.log(x)
  return total
}

function read(input: Input): [Parameters, Tensor, Wishart] {
  const [D, K, N] = [input.at('d').whole(1), input.at('k').whole(1), input.at('n').whole(1)]
  const theta = {
    alpha: input.at('alpha').tensor(K),
    mu: input.at('mu').tensor(K, D),
    q: input.at('q').tensor(K, D),
    l: input.at('l').tensor(K, (D * (D - 1)) / 2),
  }
  return [theta, input.at('x').tensor(N, D), { m: input.at('m').whole(0), gamma: input.at('gamma').number }]
}

export const gmm: Module = {
  objective(input) {
    const [theta, x, prior] = read(input)
    const objective = jit((theta: Parameters, x: Tensor) => logPosterior(theta, x, prior))
    return task(() => objective(theta, x))
  },
  jacobian(input) {
    const [theta, x, prior] = read(input)
    const gradient = grad((theta: Parameters, x: Tensor) => logPosterior(theta, x, prior))
    return task(() => gradient(theta, x))
  },
}
