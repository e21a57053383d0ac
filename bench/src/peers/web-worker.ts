import { resolveObjectURL } from 'node:buffer'
import { Worker } from 'node:worker_threads'

/** What a worker of the web has around it, as far as libraries for browsers use it. */
const PRELUDE = `
const { parentPort } = require('node:worker_threads')
globalThis.self = globalThis
globalThis.postMessage = message => parentPort.postMessage(message)
parentPort.on('message', data => self.onmessage({ data }))
`

/** A worker of the web on a thread of Node, made from the URL of a blob. */
export class WebWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  onerror: ((error: Error) => void) | null = null
  readonly #thread: Promise<Worker>

  constructor(url: string) {
    this.#thread = this.#start(url)
  }

  postMessage(message: unknown): void {
    void this.#thread.then(thread => thread.postMessage(message))
  }

  async #start(url: string): Promise<Worker> {
    const source = await resolveObjectURL(url)?.text()
    const thread = new Worker(PRELUDE + source, { eval: true })
    thread.on('message', data => this.onmessage?.({ data }))
    thread.on('error', error => this.onerror?.(error as Error))
    return thread
  }
}
