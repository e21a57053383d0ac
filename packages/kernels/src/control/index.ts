export { branch, repeat, repeatWhile } from './drivers.js'
export {
  advancedSteps,
  beginnings,
  forwardSteps,
  mostSteps,
  type RevolveList,
  type RevolveOperands,
  type RevolveSchedule,
  type RevolveSpec,
  revolve,
  revolveLists,
  revolveOperands,
} from './revolve.js'
export { KEEPING_LISTS, REWIND_LISTS, repeatKeeping, rewind, snapshotTableBytes } from './rewind.js'
export { SPILL_BLOCK_BYTES, type SpillSpec, spillBlocks, spillIn, spillOut } from './spill.js'
export { repeatThinning, THINNING, THINNING_LISTS } from './thinning.js'
export { type SampleSpec, sample, shift, type TransferSpec, transfer } from './transfer.js'
