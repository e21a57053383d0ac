import { build } from '../../tsup.base.js'

// One build for both hosts, so that what they share is one chunk. Workers are entries: they are started by URL.
export default build({
  entry: ['src/node.ts', 'src/browser.ts', 'src/worker.node.ts', 'src/worker.browser.ts'],
  external: [/^node:/],
  splitting: true,
})
