import {
  type FloatDType,
  flatten,
  formatAval,
  OptionError,
  sameStructure,
  type Tensor,
  type Tree,
  tensor,
  unflatten,
} from '@wengert/tape'

/** What an optimiser remembers between steps. */
export type OptimiserState<P> = {
  /** Trees like the parameters, such as a velocity. */
  readonly moments: readonly P[]
  /** Powers of decay rates: after t steps the t-th, as f64 scalars. */
  readonly powers: readonly Tensor[]
}

/** Parameters after a step, and the state for the next. */
export type Updated<P> = {
  readonly params: P
  readonly state: OptimiserState<P>
}

/** An optimiser: two pure functions over trees of tensors. Both can be recorded, so `jit(update)` compiles a step. */
export interface Optimiser {
  /** The state before the first step. */
  init<P extends Tree<Tensor>>(params: P): OptimiserState<P>
  /**
   * One step.
   *
   * @param gradient a tree like the parameters.
   * @throws OptionError if the gradient is not.
   */
  update<P extends Tree<Tensor>>(params: P, gradient: P, state: OptimiserState<P>): Updated<P>
}

/** One element of a parameter after a step, and its moments. */
export type Stepped = readonly [param: Tensor, ...moments: Tensor[]]

/** The rule of an optimiser that treats every element of every parameter alike. */
export interface OptimiserRule {
  /** How many moments each element has; they begin as 0. */
  readonly moments: number
  /** Decay rates whose t-th powers the rule reads at step t = 1, 2, …. */
  readonly decays: readonly number[]
  /** Elementwise: no element may look at another. */
  step(param: Tensor, gradient: Tensor, moments: readonly Tensor[], powers: readonly Tensor[]): Stepped
}

/**
 * An optimiser from its rule for one element.
 *
 * @example
 * const plain = elementwiseOptimiser({ moments: 0, decays: [], step: (p, g) => [p.sub(g.mul(0.5))] })
 * const { params } = plain.update(tensor([1, 2]), tensor([2, 2]), plain.init(tensor([1, 2])))
 * params.toArray() // → [0, 1]
 */
export function elementwiseOptimiser({ moments: count, decays, step }: OptimiserRule): Optimiser {
  return {
    init(params) {
      const { leaves, structure } = flatten(params)
      const zeros = () => leaves.map(({ aval, dtype, size }) => tensor(blank(dtype, size), aval))
      return {
        moments: Array.from({ length: count }, () => unflatten(structure, zeros())),
        powers: decays.map(() => tensor(1, { dtype: 'f64' })),
      }
    },
    update<P extends Tree<Tensor>>(params: P, gradient: P, state: OptimiserState<P>): Updated<P> {
      const { leaves, structure, paths } = flatten(params)
      const gradients = like(structure, gradient)
      const moments = state.moments.map(tree => like(structure, tree))
      const powers = state.powers.map((power, k) => power.mul(decays[k] as number))
      const stepped = leaves.map((param, k) => {
        const g = gradients[k] as Tensor
        if (formatAval(g.aval) !== formatAval(param.aval)) throw differs(paths[k] as string, param, g)
        const own = powers.map(power => power.convert(param.dtype))
        return step(
          param,
          g,
          moments.map(tree => tree[k] as Tensor),
          own,
        )
      })
      const tree = (position: number) =>
        unflatten<P>(
          structure,
          stepped.map(results => results[position] as Tensor),
        )
      return {
        params: tree(0),
        state: { moments: moments.map((_, position) => tree(position + 1)), powers },
      }
    },
  }
}

const blank = (dtype: Tensor['dtype'], size: number) =>
  (dtype as FloatDType) === 'f64' ? new Float64Array(size) : new Float32Array(size)

/** The leaves of a tree that must be like the parameters. */
function like(structure: ReturnType<typeof flatten>['structure'], tree: unknown): readonly Tensor[] {
  const flat = flatten(tree)
  if (sameStructure(structure, flat.structure)) return flat.leaves
  throw new OptionError({
    summary: 'update: gradient or state is not a tree like the parameters.',
    expected: 'the same nesting and keys',
    fix: 'pass the gradient of these parameters, and the state that init or the last update returned',
  })
}

const differs = (path: string, param: Tensor, gradient: Tensor) =>
  new OptionError({
    summary: `update: the gradient at ${path || 'the root'} is ${formatAval(gradient.aval)}.`,
    expected: `${formatAval(param.aval)}, as the parameter`,
  })
