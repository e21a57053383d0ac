import type { Algebra, V } from '../algebra/index.js'

/** One element of an elementwise computation, in operations of an algebra. */
export type ElementBody = (m: Algebra, ...operands: V[]) => V
