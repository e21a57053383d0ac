export { branch, repeat, repeatWhile } from './drivers.js'
export { forwardSteps, mostSteps, REVOLVE_LISTS, revolve } from './revolve.js'
export { type SampleSpec, sample, shift, type TransferSpec, transfer } from './transfer.js'
