export { branch, repeat, repeatWhile } from './drivers.js'
export {
  advancedSteps,
  forwardSteps,
  mostSteps,
  REVOLVE_LISTS,
  type RevolveSchedule,
  revolve,
} from './revolve.js'
export { type SampleSpec, sample, type TransferSpec, transfer } from './transfer.js'
