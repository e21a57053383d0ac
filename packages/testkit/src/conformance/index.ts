import type { ConformanceCase } from './case.js'
import { composedCases } from './composed.js'
import { elementwiseCases, specialCases } from './elementwise.js'
import { movementCases } from './movement.js'
import { matmulCases, windowCases } from './product.js'
import { reductionCases, softmaxCases } from './reduction.js'

export type { Bound } from './bounds.js'
export type { ConformanceCase, Operand } from './case.js'
export { checkDerivatives, checkValue, type DerivativeErrors, untested } from './check.js'

/** Cases of all ops: for each dtype, shapes and options that stress it, and special values. */
export const conformanceCases = (): ConformanceCase[] => [
  ...elementwiseCases(),
  ...specialCases(),
  ...composedCases(),
  ...reductionCases(),
  ...softmaxCases(),
  ...movementCases(),
  ...matmulCases(),
  ...windowCases(),
]
