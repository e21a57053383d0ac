export { type Reversal, reversals, type Snapshots, withSnapshots } from './reversal.js'
export { simplify } from './simplify.js'
