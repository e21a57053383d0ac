import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { createService } from './service.js'

if (parentPort) {
  // A message that cannot be read would leave its caller waiting: ending the worker tells it.
  parentPort.on('messageerror', error => {
    throw error
  })
  expose(createService(), nodeEndpoint(parentPort))
}
