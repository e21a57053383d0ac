import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { WengertError } from '@wengert/tape'
import type { Answer, Request } from './wire.js'

/** How an engine's process is started. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

/**
 * An engine that did not do what it was asked: its process ended, took too long, or refused.
 *
 * @example
 * new EngineError({ summary: 'It ended.' }).code // → 'ENGINE'
 */
export class EngineError extends WengertError {
  static {
    this.prototype.name = 'EngineError'
  }

  constructor(parts: { readonly summary: string }) {
    super('ENGINE', parts)
  }
}

const KEPT_CHARACTERS = 4000

interface Waiting {
  resolve(line: string): void
  reject(error: unknown): void
}

/** An engine in a process of its own, which answers one request at a time. */
export class EngineProcess {
  readonly #child: ChildProcess
  readonly #signal: AbortSignal | undefined
  readonly #ended: Promise<void>
  #said = ''
  #waiting: Waiting | undefined
  /** Why nothing can be asked any more. */
  #over: EngineError | undefined

  constructor({ file, args }: Command, signal?: AbortSignal) {
    this.#signal = signal
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin, stdout, stderr } = this.#child
    stderr?.on('data', chunk => {
      this.#said = (this.#said + chunk).slice(-KEPT_CHARACTERS)
    })
    // A process that has ended cannot be written to; that it has ended is said elsewhere.
    stdin?.on('error', () => {})
    if (stdout) createInterface({ input: stdout }).on('line', line => this.#settle()?.resolve(line))
    this.#ended = new Promise(resolve => {
      const end = (summary: string) => {
        this.#over ??= new EngineError({ summary })
        this.#settle()?.reject(this.#over)
        resolve()
      }
      this.#child.on('error', error => end(`The process cannot run: ${error.message}.`))
      this.#child.on('close', (code, ended) => end(this.#obituary(ended ?? `code ${code}`)))
    })
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws {@link EngineError} if the engine refuses, its process ends, or the time is over, which ends it; the reason of
   * an aborted signal, likewise.
   */
  async ask<T>(request: Request, limitMs: number): Promise<T> {
    this.#signal?.throwIfAborted()
    if (this.#over) throw this.#over
    const line = await new Promise<string>((resolve, reject) => {
      const late = () => this.#giveUp(new EngineError({ summary: `No answer within ${limitMs / 1000} s.` }))
      const timer = setTimeout(late, limitMs)
      const aborted = () => this.#giveUp(this.#signal?.reason)
      this.#signal?.addEventListener('abort', aborted)
      const settled = () => {
        clearTimeout(timer)
        this.#signal?.removeEventListener('abort', aborted)
      }
      this.#waiting = {
        resolve: text => {
          settled()
          resolve(text)
        },
        reject: error => {
          settled()
          reject(error)
        },
      }
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    })
    const answer = parsed<T>(line)
    if ('failed' in answer) throw new EngineError({ summary: answer.failed })
    return answer.ok
  }

  /** Ends the process at once, and waits until it has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #giveUp(error: unknown): void {
    this.#over ??= error instanceof EngineError ? error : new EngineError({ summary: 'It was ended.' })
    this.#child.kill('SIGKILL')
    this.#settle()?.reject(error)
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }

  /** How the process ended, and the last line it said that names an error. */
  #obituary(how: string): string {
    const lines = this.#said.split('\n').filter(line => line.trim() !== '')
    const last = lines.findLast(line => /error|fatal|exceeded/i.test(line)) ?? lines.at(-1)
    return `The process ended with ${how}${last ? `: ${last.trim()}` : '.'}`
  }
}

function parsed<T>(line: string): Answer<T> {
  try {
    return JSON.parse(line) as Answer<T>
  } catch {
    throw new EngineError({ summary: `The answer cannot be read: ${line.slice(0, 80)}.` })
  }
}
