export type { Algebra, Mask, V } from './algebra/index.js'
export { assemble, encodeCalls, type KernelCall, recordBytes } from './assemble.js'
export {
  advancedSteps,
  beginnings,
  branch,
  forwardSteps,
  KEEPING_LISTS,
  mostSteps,
  REWIND_LISTS,
  type RevolveList,
  type RevolveOperands,
  type RevolveSchedule,
  type RevolveSpec,
  repeat,
  repeatKeeping,
  repeatThinning,
  repeatWhile,
  revolve,
  revolveLists,
  revolveOperands,
  rewind,
  type SampleSpec,
  SPILL_BLOCK_BYTES,
  type SpillSpec,
  sample,
  shift,
  snapshotTableBytes,
  spillBlocks,
  spillIn,
  spillOut,
  THINNING,
  THINNING_LISTS,
  type TransferSpec,
  transfer,
} from './control/index.js'
export {
  type Conv2dSpec,
  conv2d,
  conv2dFilterPullback,
  conv2dInputPullback,
  type WindowSpec,
  windowOutputShape,
} from './conv/index.js'
export { type DType, elementBytes, type FloatDType } from './dtype.js'
export { type RowsSpec, scatterAddRows, takeRows } from './gather/index.js'
export { type MatmulSpec, type MatrixLayout, matmul, sumsAtOnce } from './gemm/index.js'
export { type Kernel, type KernelContext, SLACK_BYTES, slotBytes } from './kernel.js'
export {
  cholesky,
  cofactor,
  determinant,
  eigh,
  type LuSolveSpec,
  lu,
  luSolve,
  type MatricesSpec,
  qr,
  type SquareSpec,
  svd,
  type TriangularSolveSpec,
  triangularSolve,
} from './linalg/index.js'
export {
  type ArraySpec,
  type ConcatSpec,
  type ConvertSpec,
  type CopySpec,
  concat,
  convert,
  copy,
  type DynamicSpec,
  dynamicSlice,
  dynamicUpdateSlice,
  type ElementBody,
  type FillSpec,
  type FusedInput,
  type FusedNode,
  type FusedSpec,
  fill,
  fused,
  type IotaSpec,
  iota,
  isCheap,
  type MapSpec,
  map,
  type PlaceSpec,
  place,
  type QuotientSpec,
  quotient,
  type Weighed,
  weightOf,
} from './map/index.js'
export { type PeakLoopSpec, peakLoop } from './peak/index.js'
export {
  maxPool2d,
  maxPool2dPullback,
  maxPool2dPushforward,
  type Pool2dSpec,
  sumPool2d,
  sumPool2dPullback,
} from './pool/index.js'
export { type PhiloxDType, type PhiloxSpec, philox } from './random/index.js'
export {
  type ArgExtremeSpec,
  argExtreme,
  isReducible,
  type ReduceFusedSpec,
  type ReduceKind,
  type ReduceSpec,
  reduce,
  reduceFused,
} from './reduce/index.js'
export { type ScanKind, type ScanSpec, scan } from './scan/index.js'
export { type ArgsortSpec, argsort, type SearchSpec, searchSorted } from './sort/index.js'
export { enableTurbo, tryTurbo } from './turbo/index.js'
export { detectFeatures, type Features, type MemoryImport } from './wasm/index.js'
