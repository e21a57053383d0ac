import { arrangementCases, diagonalCases } from './arrangement.js'
import type { ConformanceCase } from './case.js'
import { composedCases } from './composed.js'
import { contractionCases, normCases } from './contraction.js'
import { cumulativeCases, logicCases, momentCases } from './cumulative.js'
import { elementwiseCases, specialCases } from './elementwise.js'
import { gatherCases } from './gather.js'
import { joiningCases } from './joining.js'
import { factorisationCases, systemCases } from './linalg.js'
import { lineCases, spreadLineCases } from './line.js'
import { movementCases } from './movement.js'
import { orderCases } from './order.js'
import { matmulCases } from './product.js'
import { randomCases } from './random.js'
import { reductionCases, softmaxCases } from './reduction.js'
import { convolutionCases, poolingCases, spreadCases } from './window.js'

export type { Bound } from './bounds.js'
export type { ConformanceCase, Operand } from './case.js'
export { checkValue, untested } from './check.js'
export { type Check, checks } from './checks.js'
export { type OpText, opsDocument } from './document.js'
export { unsampled } from './kinds.js'

/** Cases of all ops: for each dtype, shapes and options that stress it, and special values. */
export const conformanceCases = (): ConformanceCase[] => [
  ...elementwiseCases(),
  ...specialCases(),
  ...composedCases(),
  ...reductionCases(),
  ...softmaxCases(),
  ...cumulativeCases(),
  ...logicCases(),
  ...momentCases(),
  ...movementCases(),
  ...joiningCases(),
  ...arrangementCases(),
  ...diagonalCases(),
  ...gatherCases(),
  ...orderCases(),
  ...matmulCases(),
  ...contractionCases(),
  ...normCases(),
  ...factorisationCases(),
  ...systemCases(),
  ...convolutionCases(),
  ...spreadCases(),
  ...poolingCases(),
  ...lineCases(),
  ...spreadLineCases(),
  ...randomCases(),
]
