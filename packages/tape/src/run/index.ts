export { ARENA_LIMIT_BYTES, Arena, type ArenaOptions, PAGE_BYTES, pageCeil, pageFloor } from './arena.js'
export { atLeast } from './at-least.js'
export { type Budget, costOfPlanned, type Planned } from './choose.js'
export {
  type Arithmetic,
  type CompileOptions,
  compile,
  compilePlanned,
  featuresOf,
  moduleOf,
} from './compile.js'
export { compileWithin, explainWithin, inPages, withinPages } from './compile-within.js'
export { borrowArena, commonArena, evaluate, execute, giveBack, instructionAlone } from './evaluate.js'
export type { Executable, Slot, Static } from './executable.js'
export { explain } from './explain.js'
export type {
  ExplainedCheckpoint,
  ExplainedLoop,
  ExplainedValue,
  Explanation,
  Fate,
  Moment,
  Totals,
} from './explanation.js'
export { formatExplanation } from './explanation-text.js'
export { instantiate } from './instance.js'
export { planForArena, planIfAnyKeeping } from './keep.js'
export { costOf, lower } from './lower.js'
export type { Lowered } from './lowered.js'
export { describe } from './plan-or-refuse.js'
export { plansOf } from './plans-of.js'
export { Regions } from './region.js'
export { encode, type Unit } from './unit.js'
export { Vectors } from './vectors.js'
