export { branch, repeat, repeatWhile } from './drivers.js'
export { forwardSteps, mostSteps, REVOLVE_LISTS, revolve } from './revolve.js'
export { KEEPING_LISTS, REWIND_LISTS, repeatKeeping, rewind, snapshotTableBytes } from './rewind.js'
export { type SampleSpec, sample, shift, type TransferSpec, transfer } from './transfer.js'
