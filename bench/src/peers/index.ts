import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Peer } from '../contest/index.js'

/** Other engines that are installed, and what is to be said of those that are not. */
export interface Peers {
  readonly peers: readonly Peer[]
  readonly missing: readonly string[]
}

/** Looks for the peers: those of npm are dependencies of these suites, those of Python are whatever `python3` has. */
export async function findPeers(): Promise<Peers> {
  const found = await Promise.all([...fromNpm.map(npmPeer), ...fromPython.map(pythonPeer)])
  return {
    peers: found.filter(one => typeof one !== 'string'),
    missing: [...new Set(found.filter(one => typeof one === 'string'))],
  }
}

const fromNpm = [
  {
    engine: 'tfjs',
    variant: 'wasm',
    module: '@tensorflow/tfjs-backend-wasm',
    file: './tfjs-process.js',
    args: [],
  },
  { engine: 'jax-js', variant: '1 thread', module: '@jax-js/jax', file: './jax-js-process.js', args: [] },
  {
    engine: 'jax-js',
    variant: 'threads',
    module: '@jax-js/jax',
    file: './jax-js-process.js',
    args: ['--threads'],
  },
]

const fromPython = (['jax', 'torch'] as const).flatMap(engine => [
  { engine, variant: '1 core', args: ['--cores', '1'] },
  { engine, variant: 'all cores', args: [] },
])

function npmPeer({ engine, variant, module, file, args }: (typeof fromNpm)[number]): Peer | string {
  try {
    import.meta.resolve(module)
  } catch {
    return `${engine}: not found; pnpm install brings it`
  }
  const script = fileURLToPath(new URL(file, import.meta.url))
  return { engine, variant, command: { file: process.execPath, args: [script, ...args] } }
}

/** What a start of Python with a large library may take. */
const IMPORT_MS = 60_000

async function pythonPeer({ engine, variant, args }: (typeof fromPython)[number]): Promise<Peer | string> {
  try {
    await promisify(execFile)('python3', ['-c', `import ${engine}`], { timeout: IMPORT_MS })
  } catch {
    return `${engine}: not found; there is no python3 that can import it`
  }
  const script = fileURLToPath(new URL(`../peers/${engine}_peer.py`, import.meta.url))
  return { engine, variant, command: { file: 'python3', args: [script, ...args] } }
}
