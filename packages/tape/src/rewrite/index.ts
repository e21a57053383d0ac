export { type Origin, residualsOf } from './residuals.js'
export { groupPrograms, hasReversals, type Kept, KeptLoops, type Reversal } from './reversal.js'
export { simplify } from './simplify.js'
export { type Steps, withResiduals } from './steps.js'
