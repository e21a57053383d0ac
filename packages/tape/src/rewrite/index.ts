export { correspondence, withGiven } from './given.js'
export { hasReversals, type Snapshots, withSnapshots } from './reversal.js'
export { simplify } from './simplify.js'
