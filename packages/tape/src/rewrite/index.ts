export {
  groupPrograms,
  hasReversals,
  type Kept,
  type Reversal,
  withKept,
} from './reversal.js'
export { type Origin, residualsOf } from './residuals.js'
export { simplify } from './simplify.js'
export { type Steps, withResiduals } from './steps.js'
