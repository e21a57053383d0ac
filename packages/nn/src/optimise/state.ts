import {
  callerLocation,
  checkArgument,
  checkTensor,
  flatten,
  formatAval,
  OptionError,
  type Structure,
  sameStructure,
  type Tensor,
  type TreeOf,
} from '@wengert/tape'

/** What an optimiser remembers between steps. */
export type OptimiserState<P> = {
  /** Trees like the parameters, such as a velocity. */
  readonly moments: readonly P[]
  /** Powers of decay rates: after t steps the t-th, as f64 scalars. */
  readonly powers: readonly Tensor[]
}

/** The leaves of every tree of a step, in one order. */
export interface Aligned {
  readonly structure: Structure
  readonly params: readonly Tensor[]
  readonly gradients: readonly Tensor[]
  readonly moments: readonly (readonly Tensor[])[]
}

/**
 * Takes apart what a step is given.
 *
 * @param first a state of the same optimiser, of whatever parameters.
 * @throws OptionError unless gradient and moments are trees like the parameters, of the same shapes and dtypes, and
 * the state has as many moments and powers as the first.
 */
export function aligned<P extends TreeOf<P>>(
  params: P,
  gradient: P,
  state: OptimiserState<P>,
  first: OptimiserState<unknown>,
): Aligned {
  const { moments, powers } = (state ?? {}) as OptimiserState<P>
  const isState = Array.isArray(moments) && Array.isArray(powers)
  checkArgument('update', 'the state', state, isState, 'what init or the last update returned')
  for (const [k, power] of powers.entries()) checkTensor('update', `power ${k} of the state`, power)
  const { leaves, structure, paths } = flatten(params, 'update: `params`')
  if (moments.length !== first.moments.length || powers.length !== first.powers.length) {
    throw foreign(`${moments.length} moments and ${powers.length} powers`)
  }
  const broken = powers.find(({ aval }) => formatAval(aval) !== 'f64[]')
  if (broken) throw foreign(`a power that is ${formatAval(broken.aval)}, not f64[]`)
  const like = (what: string, tree: unknown) => {
    const flat = flatten(tree, `update: the ${what}`)
    if (!sameStructure(structure, flat.structure)) throw unlike(what)
    for (const [k, { aval }] of flat.leaves.entries()) {
      const own = (leaves[k] as Tensor).aval
      if (formatAval(aval) === formatAval(own)) continue
      throw new OptionError({
        summary: `update: the ${what} at ${paths[k] || 'the root'} is ${formatAval(aval)}.`,
        expected: `${formatAval(own)}, as the parameter`,
        at: callerLocation(),
      })
    }
    return flat.leaves
  }
  return {
    structure,
    params: leaves,
    gradients: like('gradient', gradient),
    moments: moments.map(tree => like('moment', tree)),
  }
}

const FIX = 'pass the gradient of these parameters, and the state that init or the last update returned'

const unlike = (what: string) =>
  new OptionError({
    summary: `update: the ${what} is not a tree like the parameters.`,
    expected: 'the same nesting and keys',
    at: callerLocation(),
    fix: FIX,
  })

const foreign = (found: string) =>
  new OptionError({
    summary: `update: the state has ${found}.`,
    expected: 'a state of this optimiser',
    at: callerLocation(),
    fix: FIX,
  })
