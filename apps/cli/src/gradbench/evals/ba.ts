// Bundle adjustment: where cameras see points, against where they were seen. The Jacobian is sparse: an observation
// depends on one camera, one point and one weight, so it has a block of 2 × 15 that is differentiated by itself.
import {
  cos,
  type Data,
  dataOf,
  equal,
  fromData,
  grad,
  jit,
  sin,
  sqrt,
  stack,
  type Tensor,
  take,
  tensor,
  vmap,
  where,
} from '@wengert/tape'
import type { Input } from '../input.js'
import type { Module } from '../task.js'

type Vector = readonly Tensor[]

/** What one observation depends on, as scalars. */
interface Seen {
  /** Rotation r (3), centre C (3), focal length f, principal point (2), radial distortion κ (2). */
  readonly camera: Vector
  readonly X: Vector
  readonly w: Tensor
}

const dot = (a: Vector, b: Vector): Tensor =>
  a.map((x, i) => x.mul(b[i] as Tensor)).reduce((total, term) => total.add(term))

const cross = (a: Vector, b: Vector): Vector =>
  a.map((_, i) => {
    const [j, k] = [(i + 1) % 3, (i + 2) % 3]
    return a[j]!.mul(b[k]!).sub(a[k]!.mul(b[j]!))
  })

/** Rodrigues: x cos θ + (a × x) sin θ + a (a · x) (1 − cos θ) for a rotation r by θ = ‖r‖ about a = r / θ. */
function rotate(r: Vector, x: Vector): Vector {
  const squared = dot(r, r)
  const still = equal(squared, 0)
  const theta = sqrt(where(still, 1, squared))
  const a = r.map(one => one.div(theta))
  const [s, c, across, around] = [sin(theta), cos(theta), cross(a, x), cross(r, x)]
  const along = dot(a, x).mul(c.neg().add(1))
  return x.map((one, i) => {
    const turned = one.mul(c).add(across[i]!.mul(s)).add(a[i]!.mul(along))
    return where(still, one.add(around[i]!), turned)
  })
}

/** w (f · distorted(π(R (X − C))) + principal point − feature), a pair. */
function reprojectionError({ camera, X, w }: Seen, feature: Vector): Vector {
  const [r, C, [f], principal, [k1, k2]] = [0, 3, 6, 7, 9].map((first, k, all) =>
    camera.slice(first, all[k + 1]),
  ) as [Vector, Vector, [Tensor], Vector, [Tensor, Tensor]]
  const [x, y, z] = rotate(
    r,
    X.map((one, i) => one.sub(C[i]!)),
  ) as [Tensor, Tensor, Tensor]
  const projected = [x.div(z), y.div(z)]
  const squared = dot(projected, projected)
  // 1 + κ₁ ρ² + κ₂ ρ⁴
  const distortion = squared.mul(k2).add(k1).mul(squared).add(1)
  return projected.map((one, i) => one.mul(distortion).mul(f).add(principal[i]!).sub(feature[i]!).mul(w))
}

const weightError = (w: Tensor): Tensor => w.square().neg().add(1)

/** Both errors of one observation, and the weight's. */
const errors = (seen: Seen, feature: Vector) => ({
  reprojection: stack(reprojectionError(seen, feature)),
  weight: weightError(seen.w),
})

/** The rows of the Jacobian that belong to one observation, without their zeros. */
function block(seen: Seen, feature: Vector) {
  const row = (k: number) => {
    const { camera, X, w } = grad((seen: Seen) => reprojectionError(seen, feature)[k] as Tensor)(seen)
    return [...camera, ...X, w] as Tensor[]
  }
  return { reprojection: stack([...row(0), ...row(1)]), weight: grad(weightError)(seen.w) }
}

const [CAMERA, POINT] = [11, 3]
const COLUMNS = CAMERA + POINT + 1

/** Which camera and which point each observation is of, and all there is of them. */
interface Problem {
  /** [11, n] */
  readonly cameras: Tensor
  /** [3, m] */
  readonly points: Tensor
  /** [p] */
  readonly w: Tensor
  /** [2, p] */
  readonly features: Tensor
  /** i32[p] */
  readonly cameraOf: Tensor
  /** i32[p] */
  readonly pointOf: Tensor
}

const gather = jit(({ cameras, points, cameraOf, pointOf, w, features }: Problem) => ({
  seen: {
    camera: rowsOf(take(cameras, cameraOf, { axis: 1 })),
    X: rowsOf(take(points, pointOf, { axis: 1 })),
    w,
  },
  feature: rowsOf(features),
}))

const rowsOf = (x: Tensor): Tensor[] => Array.from({ length: x.shape[0] as number }, (_, k) => x.at(k))

const errorsOfMany = vmap(errors)
const blocksOfMany = vmap(block)

/** Observations that are computed at a time, few enough for their values to stay in the cache. */
const TILE = 1024

/** What comes of each observation: the reprojection part, some numbers each, and the weight's, one each. */
interface Results {
  readonly reprojection: Float64Array
  readonly weight: Float64Array
}

/** Maps over all observations, and puts the results of each where they belong. */
function overTiles(
  problem: Problem,
  mapped: (seen: Seen, feature: Vector) => { reprojection: Tensor; weight: Tensor },
  { reprojection, weight }: Results,
): Results {
  const { seen, feature } = gather(problem)
  const [p, width] = [weight.length, reprojection.length / weight.length]
  for (let first = 0; first < p; first += TILE) {
    const size = Math.min(TILE, p - first)
    const part = (x: Tensor) =>
      fromData({ dtype: 'f64', shape: [size] }, dataOf(x).subarray(first, first + size) as Data)
    const of = { camera: seen.camera.map(part), X: seen.X.map(part), w: part(seen.w) }
    const tile = mapped(of, feature.map(part))
    reprojection.set(dataOf(tile.reprojection), first * width)
    weight.set(dataOf(tile.weight), first)
  }
  return { reprojection, weight }
}

function objective(problem: Problem): Results {
  const p = problem.w.size
  return overTiles(problem, errorsOfMany, {
    reprojection: new Float64Array(2 * p),
    weight: new Float64Array(p),
  })
}

/** A sparse matrix by compressed rows: where each begins among the columns and values. */
interface Sparse {
  readonly rows: Int32Array
  readonly cols: Int32Array
  readonly vals: Float64Array
}

/** Two rows of 15 values for each observation, and then one row of 1 value for each. */
function jacobian(problem: Problem): Sparse {
  const p = problem.w.size
  const vals = new Float64Array((2 * COLUMNS + 1) * p)
  overTiles(problem, blocksOfMany, {
    reprojection: vals.subarray(0, 2 * COLUMNS * p),
    weight: vals.subarray(2 * COLUMNS * p),
  })
  return { ...pattern(problem), vals }
}

/** Columns are those of the cameras, then of the points, then of the weights. */
function pattern({ cameras, points, cameraOf, pointOf }: Problem): Omit<Sparse, 'vals'> {
  const [n, m, p] = [cameras.size / CAMERA, points.size / POINT, cameraOf.size]
  const [ofCamera, ofPoint] = [dataOf(cameraOf) as Int32Array, dataOf(pointOf) as Int32Array]
  const [pointColumns, weightColumns] = [CAMERA * n, CAMERA * n + POINT * m]
  const rows = new Int32Array(3 * p + 1)
  for (let row = 1; row <= 2 * p; row++) rows[row] = row * COLUMNS
  for (let row = 1; row <= p; row++) rows[2 * p + row] = 2 * p * COLUMNS + row
  const cols = new Int32Array((2 * COLUMNS + 1) * p)
  let at = 0
  for (let i = 0; i < p; i++) {
    const [camera, point] = [CAMERA * ofCamera[i]!, pointColumns + POINT * ofPoint[i]!]
    for (let row = 0; row < 2; row++) {
      for (let k = 0; k < CAMERA; k++) cols[at++] = camera + k
      for (let k = 0; k < POINT; k++) cols[at++] = point + k
      cols[at++] = weightColumns + i
    }
  }
  for (let i = 0; i < p; i++) cols[at++] = weightColumns + i
  return { rows, cols }
}

/** One camera, point, weight and feature, repeated; observation i is of camera i mod n and point i mod m. */
function read(input: Input): Problem {
  const [n, m, p] = ['n', 'm', 'p'].map(name => input.at(name).whole(1)) as [number, number, number]
  const repeated = (x: Tensor, count: number) => x.reshape([-1, 1]).broadcastTo([x.size, count])
  const cyclic = (count: number) => tensor(new Int32Array(p).map((_, i) => i % count))
  return {
    cameras: repeated(input.at('cam').tensor(CAMERA), n),
    points: repeated(input.at('x').tensor(POINT), m),
    w: tensor(new Float64Array(p).fill(input.at('w').number)),
    features: repeated(input.at('feat').tensor(2), p),
    cameraOf: cyclic(n),
    pointOf: cyclic(m),
  }
}

export const ba: Module = {
  objective(input) {
    const problem = read(input)
    return {
      run: () => objective(problem),
      output: ({ reprojection, weight }: Results) => ({
        reproj_error: { elements: [...reprojection.subarray(0, 2)], repeated: problem.w.size },
        w_err: { element: weight[0]!, repeated: problem.w.size },
      }),
    }
  },
  jacobian(input) {
    const problem = read(input)
    // The first rows of the matrix, and its last.
    const ends = (x: Int32Array | Float64Array) => [...x.subarray(0, 2 * COLUMNS), x.at(-1)!]
    return {
      run: () => jacobian(problem),
      output: ({ rows, cols, vals }: Sparse) => ({ rows: ends(rows), cols: ends(cols), vals: ends(vals) }),
    }
  },
}
