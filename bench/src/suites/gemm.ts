import { matmul, type Tensor, vjp, zeros } from '@wengert/tape'
import { type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, inPlace, onWorkers, type Suite, withTurbo } from './suite.js'

/** Square products of this size are also measured with V8's re-vectoriser. */
const TURBO_SIZE = 512

/** From so many rows on, and so many multiply-adds a row, rows are also shared out among workers. */
const SHARED_ROWS = 1024
const SHARED_WORK = 100_000

const FORMS = ['A·B', 'Aᵀ·B', 'A·Bᵀ'] as const
type Form = (typeof FORMS)[number]

/** The transposed forms are the two pullbacks of a product: Ŵ = Xᵀ·Z̄ and X̂ = Z̄·Wᵀ. */
const product: Objective = ({ a, b }, { form }) => {
  const [left, right] = [a as Tensor, b as Tensor]
  if (form === 'A·B') return matmul(left, right)
  const [m, n] = [left.shape[1] as number, right.shape[1] as number]
  const { dtype } = left
  if (form === 'Aᵀ·B') return vjp(w => matmul(left, w), zeros([m, n], { dtype })).pullback(right)[0]
  const k = right.shape[0] as number
  return vjp(x => matmul(x, right), zeros([left.shape[0] as number, k], { dtype })).pullback(left)[0]
}

function task(dtype: 'f32' | 'f64', form: Form, m: number, n: number, k: number): Task {
  const a = form === 'Aᵀ·B' ? [k, m] : [m, k]
  const b = form === 'A·Bᵀ' ? [n, k] : [k, n]
  return {
    kind: 'matmul',
    settings: { form },
    arrays: { a: uniform(a, 1, 1, { dtype }), b: uniform(b, 1, 2, { dtype }) },
    by: [],
    rows: form === 'Aᵀ·B' ? [] : ['a'],
    tolerance: 1e-4,
  }
}

/** Matrix products: the three forms of square ones, and those of a dense layer. */
export const gemm: Suite = {
  objectives: { matmul: product },
  contests(scale) {
    const contest = (dtype: 'f32' | 'f64', form: Form, m: number, n: number, k: number): Contest => {
      const one = task(dtype, form, m, n, k)
      const plain = inPlace(one, { yardstick: 'peak' })
      const turbo = m === TURBO_SIZE && n === m && k === m ? [withTurbo(plain)] : []
      const shared = m >= SHARED_ROWS && n * k >= SHARED_WORK && form !== 'Aᵀ·B' ? [onWorkers(one, 2)] : []
      const size = m === n && n === k ? `${m}` : `${m}×${k}×${n}`
      return {
        case: `${dtype} ${size} ${form}`,
        entrants: [plain, ...turbo, ...shared],
        peers: dtype === 'f32' ? one : null,
        flops: 2 * m * n * k,
      }
    }
    if (scale === 'tiny') return FORMS.map(form => contest('f32', form, 3, 4, 5))
    const square = ([64, 256, 512, 1024] as const).flatMap(size =>
      FORMS.flatMap(form => (['f32', 'f64'] as const).map(dtype => contest(dtype, form, size, size, size))),
    )
    const skinny = [32, 128, 512, 1024, 4096].flatMap(m => [
      contest('f32', 'A·B', m, 256, 784),
      contest('f32', 'A·B', m, 10, 256),
    ])
    const adjoints = [128, 1024, 4096].flatMap(m => [
      contest('f32', 'Aᵀ·B', 784, 256, m),
      contest('f32', 'Aᵀ·B', 256, 10, m),
      contest('f32', 'A·Bᵀ', m, 256, 10),
    ])
    return [...square, ...skinny, ...adjoints]
  },
}
