export { ARENA_LIMIT_BYTES, Arena, type ArenaOptions, PAGE_BYTES, pageCeil, pageFloor } from './arena.js'
export { type Arithmetic, type CompileOptions, compile } from './compile.js'
export { compileWithin, explainWithin } from './compile-within.js'
export { commonArena, type EvaluateOptions, evaluate, execute } from './evaluate.js'
export type { Executable, Slot, Static } from './executable.js'
export { explain } from './explain.js'
export type {
  ExplainedLoop,
  ExplainedValue,
  Explanation,
  Fate,
  Moment,
  Totals,
} from './explanation.js'
export { formatExplanation } from './explanation-text.js'
export { instantiate, type Run } from './instance.js'
export { costOf, lower } from './lower.js'
export type { Lowered } from './lowered.js'
