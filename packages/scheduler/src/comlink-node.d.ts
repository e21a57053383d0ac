declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink'

  /** The part of a worker or a message port of Node that comlink needs. */
  export interface NodeEndpoint {
    postMessage(message: unknown, transfer?: never): void
    on(type: string, listener: (value: unknown) => void): unknown
    off(type: string, listener: (value: unknown) => void): unknown
    start?: () => void
  }

  /** Gives a worker or a message port of Node the face of a browser's. */
  export default function nodeEndpoint(endpoint: NodeEndpoint): Endpoint
}
