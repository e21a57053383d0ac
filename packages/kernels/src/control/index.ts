export { branch, repeat, repeatWhile } from './drivers.js'
export {
  advancedSteps,
  forwardSteps,
  mostSteps,
  type RevolveList,
  type RevolveSchedule,
  type RevolveSpec,
  revolve,
  revolveLists,
} from './revolve.js'
export { type SampleSpec, sample, type TransferSpec, transfer } from './transfer.js'
