export { hasReversals, type Loop, type Snapshots, type WithSnapshots, withSnapshots } from './reversal.js'
export { simplify } from './simplify.js'
