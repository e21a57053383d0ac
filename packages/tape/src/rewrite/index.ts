export { foldViews } from './fold-views.js'
export { fuse, fuseWithoutCopies, mayCostMore } from './fuse.js'
export { correspondence, withGiven } from './given.js'
export { EXPECTED_TURNS, programsOf } from './inner.js'
export { joinSlices } from './join-slices.js'
export { KeptLoops } from './kept-loops.js'
export { mergeLoops } from './merge-loops.js'
export { type Origin, residualsOf } from './residuals.js'
export { hasReversals, hasReversalsInside, type Kept, type Reversal, reversalCount } from './reversal.js'
export { simplify, withoutRepetitions } from './simplify.js'
export { assertRecordsApart, placeRecords, recordOf, spilledBlocks, spilledBytes } from './spilled.js'
export type { Steps } from './steps.js'
export { inStrips } from './strips.js'
export {
  hasUnwinding,
  keptBytes,
  layOutSnapshots,
  type Schedules,
  withUnwinding,
} from './unwinding.js'
export { groupPrograms, withResiduals } from './with-residuals.js'
