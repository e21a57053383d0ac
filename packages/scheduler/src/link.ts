import type { Executable } from '@wengert/tape'
import { type Remote, releaseProxy, wrap } from 'comlink'
import { startDeadline } from './deadline.js'
import { LaneError } from './errors.js'
import { unpackFault } from './fault.js'
import type { Hiring, Thread } from './platform.js'
import type { LaneService, Reply } from './protocol.js'

/** A worker that has not answered for so long after its start is given up. */
const READY_MS = 30_000

/** What helps where no worker starts. */
const FIX =
  'if the program is bundled: bundle `@wengert/scheduler/worker` by itself, and say where it is (`workerUrl`)'

/** A worker that has not closed its store for so long is given up. */
const RETIRE_MS = 1000

/** Executables a worker keeps; before one more it forgets them all. */
const MOST_EXECUTABLES = 64

/**
 * The connection to one worker thread. Comlink leaves calls pending when the thread dies; here every call settles:
 * with the reply, or with a {@link LaneError} as soon as the thread threw, ended, sent what cannot be read, or let
 * a deadline pass. A dead link stays dead.
 */
export class Link {
  readonly #thread: Thread
  readonly #service: Remote<LaneService>
  readonly #pending = new Set<(death: LaneError) => void>()
  readonly #known = new Set<string>()
  #death: LaneError | undefined
  #stopped: Promise<boolean> | undefined
  #adopted: WebAssembly.Memory | undefined

  private constructor(thread: Thread) {
    this.#thread = thread
    this.#service = wrap<LaneService>(thread.endpoint)
    thread.onDeath((summary, cause) => void this.kill(summary, cause))
  }

  /**
   * Starts a thread and waits until it answers.
   *
   * @throws {@link LaneError} if it cannot be started; {@link SpillError} if it cannot open its store.
   */
  static async open({ spawn, spill }: Hiring): Promise<Link> {
    let link: Link
    try {
      link = new Link(spawn())
    } catch (cause) {
      throw new LaneError({ summary: 'A worker could not be started.', fix: FIX, cause })
    }
    try {
      await link.call(service => service.ready(spill), READY_MS)
    } catch (error) {
      void link.kill('Its worker could not be made ready.', error)
      const { fix } = link.#thread
      throw error instanceof LaneError
        ? new LaneError({ ...error.parts, fix: fix === undefined ? FIX : `${FIX}; ${fix}` })
        : error
    }
    return link
  }

  get dead(): boolean {
    return this.#death !== undefined
  }

  /** @throws {@link LaneError} if the link is dead. */
  assertAlive(): void {
    if (this.#death) throw this.#death
  }

  /** Whether the thread keeps the process alive. */
  keepAlive(alive: boolean): void {
    if (!this.#death) this.#thread.keepAlive(alive)
  }

  /**
   * Calls the worker.
   *
   * @throws {@link LaneError} if the worker dies or lets the deadline pass; what the worker threw, as it was.
   */
  call<T>(send: (service: Remote<LaneService>) => Promise<Reply<T>>, deadlineMs: number): Promise<T> {
    if (this.#death) return Promise.reject(this.#death)
    return new Promise<T>((resolve, reject) => {
      const cancel = startDeadline(
        deadlineMs,
        () => void this.kill(`A worker did not answer within ${deadlineMs} ms.`),
      )
      const settle = () => {
        cancel()
        this.#pending.delete(fail)
      }
      const fail = (death: unknown) => {
        settle()
        reject(death)
      }
      this.#pending.add(fail)
      send(this.#service).then(reply => {
        settle()
        if ('value' in reply) resolve(reply.value)
        else reject(unpackFault(reply.fault))
      }, fail)
    })
  }

  /** Whether the worker has an executable and runs in this memory. */
  has(hash: string, memory: WebAssembly.Memory): boolean {
    return this.#known.has(hash) && this.#adopted === memory
  }

  /** Sends an executable unless the worker has it. */
  async load(executable: Executable, deadlineMs: number): Promise<void> {
    if (this.#known.has(executable.hash)) return
    const afresh = this.#known.size >= MOST_EXECUTABLES
    if (afresh) this.#known.clear()
    await this.call(service => service.load(executable, afresh), deadlineMs)
    this.#known.add(executable.hash)
  }

  /** Has the worker run in this memory from now on, unless it does. */
  async adopt(memory: WebAssembly.Memory, deadlineMs: number): Promise<void> {
    if (this.#adopted === memory) return
    await this.call(service => service.adopt(memory), deadlineMs)
    this.#adopted = memory
  }

  /** Has the worker close its store, unless it is dead or does not answer soon; then it is killed. */
  async retire(): Promise<void> {
    if (!this.#death) await this.call(service => service.retire(), RETIRE_MS).catch(() => {})
  }

  /** Ends the thread and every pending call; resolves to whether the thread is known to have stopped. */
  kill(summary: string, cause?: unknown): Promise<boolean> {
    if (!this.#stopped) {
      this.#death = new LaneError({ summary, ...(cause === undefined ? {} : { cause }) })
      for (const fail of this.#pending) fail(this.#death)
      this.#stopped = this.#thread.terminate().catch(() => false)
      // Comlink holds the endpoint until the proxy is garbage, which it is not while listeners of the endpoint lead to it.
      this.#service[releaseProxy]()
    }
    return this.#stopped
  }
}
