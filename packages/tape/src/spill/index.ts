export { directoryStore, type SpillDirectory } from './directory.js'
export { type OpfsStore, opfsStore } from './opfs.js'
export { openStore, type Spill, type SpillOpfs, type SpillPlace, spillBytesOf, storeOf } from './option.js'
export type { SpillStore } from './store.js'
