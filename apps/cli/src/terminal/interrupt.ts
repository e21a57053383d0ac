import { takeEarly } from '../early.js'

/** The user, or the system, asked the process to end. */
export class Interrupt extends Error {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Interrupted by ${signal}.`)
    this.exitCode = signal === 'SIGINT' ? 130 : 143
  }
}

/**
 * Runs work that can be aborted: the first signal aborts it with an {@link Interrupt}, a second one ends the process
 * at once. Work that keeps the thread busy must not run in here, since no signal would reach it.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    const interrupt = new Interrupt(signal)
    if (controller.signal.aborted) process.exit(interrupt.exitCode)
    controller.abort(interrupt)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const early = takeEarly()
  if (early) stop(early)
  try {
    await work(controller.signal)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}
