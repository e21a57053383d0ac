import { deferred } from './deferred.js'
import type { Dispatched } from './dispatch.js'
import { closed } from './errors.js'

/** A call that has been started, and how its result is made once all shards are done. */
export interface Started<T> {
  readonly dispatched: Dispatched
  result(retries: number): T
}

/**
 * Calls take turns in the order they were made: each has all lanes and the whole budget. A call that is aborted
 * rejects at once; the next one starts when no lane works on it any more.
 */
export class Turns {
  readonly #closing = deferred<never>()
  #last: Promise<void> = Promise.resolve()
  #closed = false

  /**
   * Starts a call when it is its turn.
   *
   * @throws {@link ClosedError} when closed; the reason of the signal when aborted.
   */
  async take<T>(signal: AbortSignal | undefined, start: () => Started<T>): Promise<T> {
    if (this.#closed) throw closed()
    signal?.throwIfAborted()
    const before = this.#last
    const over = deferred<void>()
    this.#last = over.promise
    const aborted = deferred<never>()
    const abort = () => aborted.reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    let idle = before
    try {
      await Promise.race([before, aborted.promise, this.#closing.promise])
      const { dispatched, result } = start()
      idle = dispatched.idle
      for (const end of [aborted, this.#closing]) end.promise.catch(dispatched.stop)
      return result(await dispatched.finished)
    } finally {
      signal?.removeEventListener('abort', abort)
      void idle.then(over.resolve)
    }
  }

  /** Rejects the calls that are under way or waiting; resolves when no lane works any more. */
  close(): Promise<void> {
    this.#closed = true
    this.#closing.reject(closed())
    return this.#last
  }
}
