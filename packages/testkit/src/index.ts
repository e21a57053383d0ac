export {
  type Bound,
  type Check,
  type ConformanceCase,
  checks,
  conformanceCases,
  type Operand,
  type OpText,
  opsDocument,
  unsampled,
  untested,
} from './conformance/index.js'
export {
  type CheckOptions,
  checkAdjoint,
  checkGradient,
  checkSecondOrder,
  contracted,
  differentiate,
  gradients,
  type TensorFunction,
  weights,
} from './gradcheck.js'
export { groupBy } from './group.js'
export { type RandomProgram, randomPrograms } from './programs/index.js'
export { einsum as textbookEinsum, interpret, type Plain, trace } from './reference/index.js'
export { random, sample, spread, toPlain, toTensor } from './sample.js'
export { textbookGradient } from './textbook-gradient.js'
export { type Edge, TextbookTape } from './textbook-tape.js'
export { thrownBy } from './thrown.js'
export { closestTie } from './ties.js'
export { ulpError, ulpOf } from './ulp.js'
export { type WorkRatios, workRatios } from './work.js'
