export { branch, repeat, repeatWhile } from './drivers.js'
export {
  beginnings,
  forwardSteps,
  mostSteps,
  REVOLVE_LISTS,
  revolve,
} from './revolve.js'
export { SPILL_BLOCK_BYTES, type SpillSpec, spillBlocks, spillIn, spillOut } from './spill.js'
export { type SampleSpec, sample, type TransferSpec, transfer } from './transfer.js'
