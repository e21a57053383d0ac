export { hasReversals, type Snapshots, withSnapshots } from './reversal.js'
export { simplify } from './simplify.js'
export { hasUnwinding, layOutSnapshots, withUnwinding } from './unwinding.js'
