export type { DType, FloatDType } from '@wengert/kernels'
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
  WengertError,
} from './errors.js'
export * from './ops/index.js'
export {
  type Action,
  type Graph,
  type GraphInput,
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
  dataOf,
  fromData,
  type NestedArray,
  type Operand,
  type Recorded,
  type Recording,
  record,
  Tensor,
  type TensorOptions,
  tensor,
} from './record/index.js'
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
  type Lowered,
  lower,
  PAGE_BYTES,
  pageCeil,
  pageFloor,
  type Slot,
  type Static,
} from './run/index.js'
export * from './transform/index.js'
export { flatten, type Structure, sameStructure, type Tree, unflatten } from './tree.js'
