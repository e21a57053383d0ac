// npm run playground [-- options of vite preview]: install, build, serve apps/playground.
import { pnpm, prepare } from './workspace.mjs'

await prepare('@wengert/playground...')
process.exitCode = await pnpm([
  '--dir',
  'apps/playground',
  'exec',
  'vite',
  'preview',
  ...process.argv.slice(2),
])
