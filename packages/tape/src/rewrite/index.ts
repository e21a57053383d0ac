export { hasReversals, type Snapshots, withSnapshots } from './reversal.js'
export { simplify } from './simplify.js'
export { hasUnwinding, keptBytes, layOutSnapshots, withUnwinding } from './unwinding.js'
