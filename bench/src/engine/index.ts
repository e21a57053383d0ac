export type { Engine, GivenArray, GivenTask, Prepared } from './engine.js'
export { outputsOf } from './outputs.js'
export { type Command, EngineError, EngineProcess } from './process.js'
export { Parcels } from './send.js'
export { serve } from './serve.js'
export { type ArraySpec, drawn, labels, type Settings, swapped, type Task, uniform } from './task.js'
export type {
  ClosedFacts,
  EngineFacts,
  PreparedFacts,
  RoundFacts,
  SentTask,
} from './wire.js'
