/** How this engine is to do a task. */
export interface OwnOptions {
  /**
   * - `call`: by the compiled function, from tensors to tensors.
   * - `arena`: the same work in an arena whose bytes are seen: writes what comes in, runs, reads what comes out.
   * - `inPlace`: what comes in lies in the arena already, and what comes out stays there.
   * - `scheduler`: rows over worker threads.
   */
  readonly how: 'call' | 'arena' | 'inPlace' | 'scheduler'
  /** For the scheduler. */
  readonly workers?: number
  /** For arena and scheduler: bytes that the execution cannot pass. */
  readonly memoryBytes?: number
  /** Whether the fewest bytes that do are taken where the memory is too little. */
  readonly orLeast?: boolean
  /** What the task's rate is measured by. */
  readonly yardstick?: 'peak' | 'matmul' | 'copy'
  /** Whether V8's re-vectoriser is turned on. */
  readonly turbo?: boolean
}
