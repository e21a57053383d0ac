// npm start [-- options]: install, build, then `wengert train` with the options as they were given.
import { prepare, script } from './workspace.mjs'

await prepare('@wengert/cli...')
process.exitCode = await script('apps/cli/bin/wengert.js', ['train', ...process.argv.slice(2)])
