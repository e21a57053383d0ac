import { type ErrorParts, WengertError } from '../errors.js'

/**
 * A graph that cannot be planned because it is malformed, or a plan that the simulator refuses.
 *
 * @example
 * const graph = { bytes: [16], inputs: [{ storage: 0, pinned: true }], steps: [], outputs: [0] }
 * try {
 *   simulate(graph, { ...plan(graph), peakBytes: 0 })
 * } catch (error) {
 *   error.code // → 'PLAN'
 * }
 */
export class PlanError extends WengertError {
  static {
    this.prototype.name = 'PlanError'
  }

  constructor(parts: ErrorParts) {
    super('PLAN', parts)
  }
}
