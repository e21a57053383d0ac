import { expose } from 'comlink'
import { createService } from './service.js'

// A message that cannot be read would leave its caller waiting: an uncaught error tells it.
addEventListener('messageerror', () => {
  throw new DOMException('a message could not be read', 'DataCloneError')
})
expose(createService())
