export { type PeakLoopSpec, peakLoop } from './peak-loop.js'
