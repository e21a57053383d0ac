export {
  type Engine,
  type GivenArray,
  type GivenTask,
  norm,
  type Prepared,
  received,
  round,
} from './engine.js'
export { type Command, EngineError, EngineProcess } from './process.js'
export { Parcels } from './send.js'
export { serve } from './serve.js'
export { type ArraySpec, drawn, labels, type Settings, type Task, uniform } from './task.js'
export type {
  Answer,
  ClosedFacts,
  EngineFacts,
  PreparedFacts,
  Request,
  RoundFacts,
  SentArray,
  SentTask,
} from './wire.js'
