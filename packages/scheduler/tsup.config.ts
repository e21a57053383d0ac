import { defineConfig } from 'tsup'

// One build for both hosts, so that what they share is one chunk. Workers are entries: they are started by URL.
export default defineConfig({
  entry: ['src/node.ts', 'src/browser.ts', 'src/worker.node.ts', 'src/worker.browser.ts'],
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  external: [/^node:/],
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: false,
  removeNodeProtocol: false,
})
