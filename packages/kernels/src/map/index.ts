export { collapse } from './broadcast.js'
export { ownBytes } from './chunks.js'
export { type ConcatSpec, concat } from './concat.js'
export { type ConvertSpec, convert } from './convert.js'
export { type CopySpec, copy } from './copy.js'
export { type DynamicSpec, dynamicSlice, dynamicUpdateSlice } from './dynamic.js'
export type { ElementBody } from './element.js'
export { type FillSpec, fill } from './fill.js'
export { type Box, callBox, fused } from './fused.js'
export {
  elementWork,
  type FusedInput,
  type FusedNode,
  type FusedSpec,
  outputOf,
  writtenNodes,
} from './fused-spec.js'
export { type IotaSpec, iota } from './iota.js'
export { type ArraySpec, type MapSpec, map } from './map.js'
export { nest } from './nest.js'
export { emitZeros, type PlaceSpec, place } from './place.js'
export { type QuotientSpec, quotient } from './quotient.js'
export { emitRuns } from './runs.js'
export { isCheap, type Weighed, weightOf } from './weight.js'
