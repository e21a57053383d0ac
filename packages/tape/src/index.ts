/**
 * Reverse-mode automatic differentiation: record, differentiate, plan under a byte budget, run.
 *
 * @module @wengert/tape
 */
export { type DType, enableTurbo, type FloatDType } from '@wengert/kernels'
export * from './control/index.js'
export {
  BudgetError,
  DerivativeError,
  DTypeError,
  type ErrorData,
  type ErrorParts,
  OptionError,
  RecordError,
  ShapeError,
  SpillError,
  WengertError,
} from './errors.js'
export { callerLocation, rememberCaller } from './location.js'
export { nearestName } from './nearest-name.js'
export * from './ops/index.js'
export { checkArgument, checkFunction, checkOneOf, checkOptions, shown } from './options.js'
export {
  type Action,
  type Graph,
  type GraphInput,
  largestWorkingSetBytes,
  leastBytes,
  lowerBoundBytes,
  type Plan,
  PlanError,
  plan,
  type Simulation,
  type Step,
  simulate,
} from './plan/index.js'
export {
  type Aval,
  allocate,
  type ByteSize,
  bytesOf,
  type Constant,
  type Control,
  controlOf,
  type Data,
  formatAval,
  formatByteSize,
  formatProgram,
  type Instruction,
  type Json,
  type Params,
  type Program,
  parseByteSize,
  sizeOf,
  viewOf,
} from './program/index.js'
export {
  type ArgumentLeaf,
  arange,
  type CreationOptions,
  checkTensor,
  checkTensors,
  dataOf,
  eye,
  fromData,
  full,
  linspace,
  type NestedArray,
  type Operand,
  ones,
  type Recorded,
  type Recording,
  record,
  Tensor,
  type TensorOptions,
  tensor,
  withLines,
  zeros,
} from './record/index.js'
export { simplify } from './rewrite/index.js'
export {
  type Batch,
  type BatchSite,
  isConstant,
  type Partial,
  type Pushforward,
  type Rule,
  ruleOf,
  type Site,
  type TangentSite,
} from './rules/index.js'
export {
  ARENA_LIMIT_BYTES,
  Arena,
  type ArenaOptions,
  type Arithmetic,
  type CompileOptions,
  compile,
  costOf,
  type Executable,
  type ExplainedCheckpoint,
  type ExplainedLoop,
  type ExplainedValue,
  type Explanation,
  explain,
  type Fate,
  formatExplanation,
  instantiate,
  type Lowered,
  lower,
  type Moment,
  PAGE_BYTES,
  type Planned,
  pageCeil,
  pageFloor,
  plansOf,
  type Slot,
  type Static,
  type Totals,
  Vectors,
} from './run/index.js'
export {
  directoryStore,
  type OpfsStore,
  openStore,
  opfsStore,
  type Spill,
  type SpillDirectory,
  type SpillOpfs,
  type SpillPlace,
  type SpillStore,
  spillBytesOf,
} from './spill/index.js'
export * from './transform/index.js'
export {
  flatten,
  flattenAvals,
  type Structure,
  sameStructure,
  type Tree,
  type TreeOf,
  unflatten,
} from './tree.js'
