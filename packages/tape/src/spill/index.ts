export { directoryStore, type SpillDirectory } from './directory.js'
export { type OpfsStore, opfsStore } from './opfs.js'
export { type Spill, storeOf } from './option.js'
export type { SpillStore } from './store.js'
