// Hand tracking: how far points that were seen are from a hand model in a pose (Taylor et al. 2014).
import {
  concat,
  cos,
  diag,
  jit,
  jvp,
  less,
  matmul,
  mul,
  sin,
  sqrt,
  square,
  stack,
  sum,
  type Tensor,
  take,
  tensor,
  transpose,
  vmap,
  where,
} from '@wengert/tape'
import type { Input } from '../input.js'
import { type Module, task } from '../task.js'

/** A skinned mesh. B bones, V vertices. */
interface Model {
  /** Bone that each bone hangs on, an earlier one; −1 for the root. */
  readonly parents: readonly number[]
  /** Bones relative to their parents, at rest; [B, 4, 4] */
  readonly relatives: Tensor
  /** From the hand at rest to each bone; [B, 4, 4] */
  readonly inverses: Tensor
  /** Vertices at rest, homogeneous; [4, V] */
  readonly vertices: Tensor
  /** How far vertices follow bones; [B, V] */
  readonly weights: Tensor
  readonly mirrored: boolean
}

/** Points that were seen, and where on the hand each should be. */
interface Observed {
  /** [3, N] */
  readonly points: Tensor
  /** Vertices [N], or the corners of triangles [3, N], on which points have coordinates u. */
  readonly places: Tensor
}

/** The unit matrix. */
const unit = (size: number): Tensor => diag(tensor(new Float64Array(size).fill(1)))

/** −εᵢⱼₖ: times a it is the matrix of a × … */
const cross = tensor(
  new Float64Array([0, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0, 0]),
  { shape: [3, 3, 3] },
)

/** Rodrigues: R = cos φ · I + (1 − cos φ) a aᵀ + sin φ [a]ₓ for a rotation by φ = ‖r‖ about a = r / φ. */
function rotation(r: Tensor): Tensor {
  const squared = sum(square(r))
  const still = less(squared, 1e-8)
  const phi = sqrt(where(still, 1, squared))
  const a = r.div(phi)
  const outer = mul(a.reshape([3, 1]), a)
  const turned = unit(3)
    .mul(cos(phi))
    .add(outer.mul(cos(phi).neg().add(1)))
    .add(matmul(cross, a).mul(sin(phi)))
  return where(still, unit(3), turned)
}

/** Flexion of bones about x and then abduction about z, as [B, 4, 4], from angles [B]. */
function joints(flexion: Tensor, abduction: Tensor): Tensor {
  const [sx, cx, sz, cz] = [sin(flexion), cos(flexion), sin(abduction), cos(abduction)]
  const zero = flexion.zerosLike()
  const rows = [
    [cz, sz.neg().mul(cx), sz.mul(sx), zero],
    [sz, cz.mul(cx), cz.neg().mul(sx), zero],
    [zero, sx, cx, zero],
    [zero, zero, zero, zero.add(1)],
  ]
  return stack(
    rows.map(row => stack(row, { axis: 1 })),
    { axis: 1 },
  )
}

/** θ is the rotation and the place of the hand, and for each finger a flexion, an abduction and two more flexions. */
function bend(theta: Tensor, bones: number): Tensor {
  const none = theta.size
  const [flexions, abductions] = [new Array<number>(bones).fill(none), new Array<number>(bones).fill(none)]
  for (let finger = 0; finger < 5; finger++) {
    const [bone, first] = [2 + 4 * finger, 6 + 4 * finger]
    abductions[bone] = first + 1
    flexions.splice(bone, 3, first, first + 2, first + 3)
  }
  const angles = concat([theta, tensor(Float64Array.of(0))])
  const read = (places: number[]) => take(angles, tensor(places, { dtype: 'i32' }))
  return joints(read(flexions), read(abductions))
}

/** Vertices of the hand in a pose, by linear blend skinning; [3, V] */
function pose(theta: Tensor, model: Model): Tensor {
  const { parents, vertices, weights } = model
  const [bones, count] = weights.shape as [number, number]
  const relatives = matmul(model.relatives, bend(theta, bones))
  const absolutes: Tensor[] = []
  parents.forEach((parent, k) => {
    const relative = relatives.at(k)
    absolutes.push(parent < 0 ? relative : matmul(absolutes[parent] as Tensor, relative))
  })
  const transforms = matmul(stack(absolutes), model.inverses).slice([0, 0, 0], [bones, 3, 4])
  // Σ_b w_bv · T_b p_v is one product, of all T_b side by side with all w_bv p_v.
  const side = transpose(transforms, [1, 0, 2]).reshape([3, bones * 4])
  const blended = matmul(side, mul(weights.reshape([bones, 1, count]), vertices).reshape([bones * 4, count]))
  const hand = model.mirrored ? blended.mul(tensor([[-1], [1], [1]], { dtype: 'f64' })) : blended
  const place = theta.slice([3], [6]).reshape([3, 1])
  return matmul(rotation(theta.slice([0], [3])), hand).add(place)
}

/** Point minus its place on the hand, [3, N]; u, of shape [2, N], are barycentric coordinates if there are any. */
function residuals(theta: Tensor, u: Tensor | undefined, model: Model, { points, places }: Observed): Tensor {
  const hand = pose(theta, model)
  if (!u) return points.sub(take(hand, places, { axis: 1 }))
  const corner = (k: number) => take(hand, places.at(k), { axis: 1 })
  const [u0, u1] = [u.at(0), u.at(1)]
  const u2 = u0.add(u1).neg().add(1)
  return points.sub(corner(0).mul(u0).add(corner(1).mul(u1)).add(corner(2).mul(u2)))
}

/** Columns of the Jacobian, [2 + 26, 3, N] or [26, 3, N]: of u first, each of whose points has a row of its own. */
function columns(theta: Tensor, u: Tensor | undefined, model: Model, observed: Observed): Tensor {
  const ofTheta = (theta: Tensor) => residuals(theta, u, model, observed)
  const moved = vmap((t: Tensor) => jvp(ofTheta, [theta], [t]).tangent)(unit(theta.size))
  if (!u) return moved
  const ofU = (u: Tensor) => residuals(theta, u, model, observed)
  const along = (k: number) => unit(2).at(k).reshape([2, 1]).broadcastTo(u.shape)
  return concat([stack([0, 1].map(k => jvp(ofU, [u], [along(k)]).tangent)), moved])
}

interface Problem {
  readonly theta: Tensor
  readonly u: Tensor | undefined
  readonly model: Omit<Model, 'parents' | 'mirrored'>
  readonly observed: Observed
  readonly fixed: Pick<Model, 'parents' | 'mirrored'>
}

function read(input: Input): Problem {
  const [data, model] = [input.at('data'), input.at('data').at('model')]
  const bones = model.at('bone_names').list.length
  const vertices = model.at('base_positions').tensor(-1, 4)
  const parents = model.at('parents').list.map((parent, k) => parent.whole(-1, k))
  const correspondences = data.at('correspondences')
  const [N, V] = [correspondences.list.length, vertices.shape[0] as number]
  const simple = input.at('us').list.length === 0
  const triangles = model.at('triangles').indices(V, -1, 3)
  return {
    theta: input.at('theta').tensor(26),
    u: simple ? undefined : transpose(input.at('us').tensor(N, 2)),
    model: {
      relatives: model.at('base_relatives').tensor(bones, 4, 4),
      inverses: model.at('inverse_base_absolutes').tensor(bones, 4, 4),
      vertices: transpose(vertices),
      weights: transpose(model.at('weights').tensor(V, bones)),
    },
    observed: {
      points: transpose(data.at('points').tensor(N, 3)),
      places: simple
        ? correspondences.indices(V, N)
        : transpose(take(triangles, correspondences.indices(triangles.shape[0] as number, N))),
    },
    fixed: { parents, mirrored: model.at('is_mirrored').flag },
  }
}

export const ht: Module = {
  objective(input) {
    const { theta, u, model, observed, fixed } = read(input)
    const run = jit((theta: Tensor, u: Tensor[], model: Problem['model'], observed: Observed) =>
      transpose(residuals(theta, u[0], { ...model, ...fixed }, observed)),
    )
    return task(() => run(theta, u ? [u] : [], model, observed).reshape([-1]))
  },
  /** A row for each residual. */
  jacobian(input) {
    const { theta, u, model, observed, fixed } = read(input)
    const run = jit((theta: Tensor, u: Tensor[], model: Problem['model'], observed: Observed) =>
      transpose(columns(theta, u[0], { ...model, ...fixed }, observed), [2, 1, 0]),
    )
    return task(() => {
      const rows = run(theta, u ? [u] : [], model, observed)
      return rows.reshape([-1, rows.shape[2] as number])
    })
  },
}
