import type { DType } from '../dtype.js'
import type { Target } from '../math/index.js'
import type { Algebra } from './algebra.js'
import { FloatAlgebra } from './float-algebra.js'
import { IntAlgebra } from './int-algebra.js'
import { MaskAlgebra } from './mask-algebra.js'

export type { Mask, V } from '../math/index.js'
export type { Algebra } from './algebra.js'
export { converted } from './converted.js'

/** The algebra of a dtype that emits into a function. */
export function algebraOf(dtype: DType, target: Target): Algebra {
  if (dtype === 'i32') return new IntAlgebra(target)
  if (dtype === 'bool') return new MaskAlgebra(target)
  return new FloatAlgebra(target, dtype)
}
