import { rememberCaller, WengertError } from '@wengert/tape'
import { deferred } from './deferred.js'
import type { Dispatched } from './dispatch.js'
import { closed, closedMeanwhile } from './errors.js'

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
  /** Ends each call that is under way or waiting. */
  readonly #ends = new Set<(reason: unknown) => void>()
  #last: Promise<void> = Promise.resolve()
  #closed = false

  /**
   * Starts a call when it is its turn. Errors that say no place are given that of the call.
   *
   * @throws {@link ClosedError} when closed; the reason of the signal when aborted.
   */
  async take<T>(signal: AbortSignal | undefined, start: () => Started<T>): Promise<T> {
    if (this.#closed) throw closed()
    const caller = rememberCaller()
    signal?.throwIfAborted()
    const before = this.#last
    const over = deferred<void>()
    this.#last = over.promise
    const ended = deferred<never>()
    const abort = () => ended.reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    this.#ends.add(ended.reject)
    let idle = before
    try {
      await Promise.race([before, ended.promise])
      const { dispatched, result } = start()
      idle = dispatched.idle
      ended.promise.catch(dispatched.stop)
      return result(await dispatched.finished)
    } catch (error) {
      throw error === signal?.reason ? error : WengertError.located(error, caller)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#ends.delete(ended.reject)
      void idle.then(over.resolve)
    }
  }

  /** Rejects the calls that are under way or waiting; resolves when no lane works any more. */
  close(): Promise<void> {
    this.#closed = true
    for (const end of this.#ends) end(closedMeanwhile())
    return this.#last
  }
}
