import { add } from '../ops/index.js'
import { checkFunction } from '../options.js'
import { resultNamed, type Tensor, type TreeOf, tensor, treeNamed, unflattenTree } from '../record/index.js'
import { checkCarry } from './scan.js'
import { emitScan } from './scan-op.js'
import { checkSteps } from './steps.js'
import { leavesOf } from './tree-function.js'

/**
 * A loop of so many steps that carries a state; see `scan`, of which it is the case without arrays and results.
 *
 * @param steps a whole number, known when it is recorded.
 * @param step from the number of the step, an i32 scalar that counts from 0, and the state to the next state.
 * @param init the first state, a tree of tensors.
 * @throws {@link ShapeError} if the step changes the avals of the state; {@link OptionError} for steps that are no
 * whole number.
 * @example
 * forLoop(5, (_, x) => x.mul(2), tensor(1)).item() // → 32
 * forLoop(4, (k, x) => x.add(k.convert('f32')), tensor(0)).item() // → 6
 * grad(x => forLoop(3, (_, y) => y.mul(y), x))(tensor(2)).item() // → 1024
 */
export function forLoop<S extends TreeOf<S>>(
  steps: number,
  step: (index: Tensor, state: S) => S,
  init: S,
): S {
  checkFunction('forLoop', step)
  checkSteps('forLoop', 'steps', steps)
  const first = leavesOf(treeNamed('forLoop: the first state'), init)
  const { carry } = emitScan(
    ([index, ...state]) => {
      const returned = leavesOf(
        resultNamed('forLoop: the state that the step returned'),
        step(index as Tensor, unflattenTree(first.structure, state) as S),
      )
      checkCarry('forLoop', returned, { ...first, tensors: state })
      return { carry: [add(index as Tensor, 1), ...returned.tensors], results: [] }
    },
    [tensor(0, { dtype: 'i32' }), ...first.tensors],
    [],
    { length: steps, reverse: false },
  )
  return unflattenTree(first.structure, carry.slice(1)) as S
}
