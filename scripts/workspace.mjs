// Plain JavaScript for Node 20: these scripts run before anything is installed.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const windows = process.platform === 'win32'
const bin = join(root, 'node_modules', '.bin')
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The environment of every command: the workspace's own tools come first on PATH, and no tool reports home. */
function environment() {
  const quiet = { DO_NOT_TRACK: '1', TURBO_TELEMETRY_DISABLED: '1', npm_config_update_notifier: 'false' }
  const env = { ...process.env, ...quiet }
  const key = Object.keys(env).find(name => name.toUpperCase() === 'PATH') ?? 'PATH'
  env[key] = [bin, ...(env[key] ?? '').split(delimiter).filter(folder => folder !== bin)].join(delimiter)
  return env
}

/** The Node that the workspace installs, or the one running this where it has none for the platform. */
function node() {
  const own = join(bin, 'node')
  return !windows && existsSync(own) ? own : process.execPath
}

/**
 * Runs a command at the root and resolves to its exit code. With `quiet`, the output is collected and shown on
 * standard error only if the command fails; otherwise it is passed on as it comes.
 */
function run([command, ...args], { quiet = false, shell = false } = {}) {
  return new Promise(settle => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit'
    const child = spawn(command, args, { cwd: root, env: environment(), stdio, shell })
    const output = []
    child.stdout?.on('data', chunk => output.push(chunk))
    child.stderr?.on('data', chunk => output.push(chunk))

    // An interrupt reaches the child by itself; this process waits for the child's answer to it.
    const wait = () => {}
    const forward = signal => child.kill(signal)
    process.on('SIGINT', wait)
    process.on('SIGTERM', forward)
    const end = (code, report = '') => {
      process.off('SIGINT', wait)
      process.off('SIGTERM', forward)
      if (code !== 0 && quiet) process.stderr.write(Buffer.concat(output))
      if (report) process.stderr.write(`${report}\n`)
      settle(code)
    }
    child.on('error', error => end(127, `${command}: ${error.message}`))
    child.on('close', (code, signal) => {
      if (signal === 'SIGINT') end(130)
      else end(code ?? 1, signal ? `${command}: ended by ${signal}` : '')
    })
  })
}

/** Runs pnpm in the version that package.json names, fetched by npm. */
export function pnpm(args, options) {
  const { npm_execpath: npm = '', npm_node_execpath: host = process.execPath } = process.env
  const npx = basename(npm) === 'npm-cli.js' ? [host, npm, 'exec'] : ['npx']
  const shell = npx.length === 1 && windows
  return run([...npx, '--yes', '--', packageManager, ...args], { ...options, shell })
}

/** Runs a tool of the root's `node_modules/.bin`. */
export const tool = (name, args, options) => run([name, ...args], { ...options, shell: windows })

/** Runs a script with the workspace's Node. */
export const script = (file, args, options) => run([node(), join(root, file), ...args], options)

export const install = options => pnpm(['install', '--frozen-lockfile'], options)

/** Builds the packages a filter selects, all of them without one. turbo finds pnpm on PATH when pnpm starts it. */
export function build(filter, options) {
  const selection = filter ? [`--filter=${filter}`] : []
  return pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...selection], options)
}

/** Installs and builds without a word on standard output; ends the process if either fails. */
export async function prepare(filter) {
  const stop = code => code === 0 || process.exit(code)
  process.stderr.write('Installing…\n')
  stop(await install({ quiet: true }))
  process.stderr.write('Building…\n')
  stop(await build(filter, { quiet: true }))
}
