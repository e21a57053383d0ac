import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { root } from './house/source.js'

/** The built command. */
export const bin = join(root, 'apps/cli/bin/wengert.js')

/** What a run left behind. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built command in a folder. */
export const commandIn =
  (folder: string) =>
  (
    args: readonly string[],
    started: (child: ChildProcess) => void = () => {},
    host: string[] = [],
  ): Promise<Ended> =>
    new Promise((settle, fail) => {
      const child = spawn(process.execPath, [...host, bin, ...args], { cwd: folder })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', chunk => {
        stdout += chunk
      })
      child.stderr.on('data', chunk => {
        stderr += chunk
      })
      child.on('error', fail)
      child.on('close', (code, signal) => settle({ code, signal, stdout, stderr }))
      started(child)
    })

/** What a run that must fail says: one screen, without a stack, and nothing on standard output. */
export async function failureOf(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended
  expect(code).toBeGreaterThan(0)
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/)
  expect(stderr.split('\n').length).toBeLessThan(12)
  return stderr.trimEnd()
}
