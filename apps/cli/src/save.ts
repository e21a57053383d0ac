import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { OptionError } from '@wengert/tape'

/**
 * Where a file is to be written: the file itself if the path leads there by links. Tries it by an empty file beside it, which
 * goes away again, and so does what processes that were killed have left there.
 *
 * @throws OptionError unless the folder is there and can be written, and the path is free or a file.
 */
export function placeFor(option: string, path: string): string {
  try {
    const target = targetOf(option, path)
    const part = partOf(target)
    writeFileSync(part, '', { flag: 'wx' })
    rmSync(part)
    removeLeftovers(target)
    return target
  } catch (error) {
    throw error instanceof OptionError ? error : unwritable(option, resolve(path), error)
  }
}

function targetOf(option: string, path: string): string {
  const refuse = (why: string, expected: string): never => {
    throw new OptionError({
      summary: `\`${option}\` is ${JSON.stringify(path)}${why}.`,
      expected,
      fix: `check the path; it is taken from ${process.cwd()}`,
      data: { option, value: path },
    })
  }
  const target = resolve(path)
  const folder = statSync(dirname(target), { throwIfNoEntry: false })
  if (!folder?.isDirectory())
    return refuse(`, but there is no folder ${dirname(path)}`, 'a file in a folder that is there')
  const there = statSync(target, { throwIfNoEntry: false })
  if (there === undefined) return target
  return there.isFile() ? realpathSync(target) : refuse(', which is no file', 'the path of a file')
}

/**
 * Writes a file in whole or not at all: under another name first, which then takes the place of the file.
 *
 * @throws OptionError if it cannot be written.
 */
export function saveWhole(option: string, target: string, content: string | Uint8Array): void {
  const part = partOf(target)
  try {
    writeFileSync(part, content, { flag: 'wx' })
    renameSync(part, target)
  } catch (cause) {
    rmSync(part, { force: true })
    throw unwritable(option, target, cause)
  }
}

/** No name twice, though processes in containers have the same few numbers. */
const partOf = (target: string): string =>
  join(dirname(target), `${partPrefixOf(target)}${process.pid}.${randomBytes(4).toString('hex')}.part`)

const partPrefixOf = (target: string): string => `.${basename(target)}.`

/** What follows the prefix: the number of the process, and what makes the name its own. */
const PART = /^([1-9]\d*)(?:\.[\da-f]{8})?\.part$/

/** A file that is being written has changed since: another host or container does not show its processes here. */
const LEFT_AFTER_MS = 60_000

/** Removes what it can: what stays is in nobody's way. */
function removeLeftovers(target: string): void {
  const [folder, prefix] = [dirname(target), partPrefixOf(target)]
  try {
    for (const name of readdirSync(folder)) {
      const pid = name.startsWith(prefix) && PART.exec(name.slice(prefix.length))?.[1]
      if (pid && !isRunning(Number(pid))) removeOld(join(folder, name))
    }
  } catch {
    // another process was faster, or the folder cannot be read or holds files of others
  }
}

function removeOld(path: string): void {
  if (Date.now() - lstatSync(path).mtimeMs > LEFT_AFTER_MS) rmSync(path)
}

/** Whether a process may be writing; this one writes nothing while it looks. */
function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

const unwritable = (option: string, target: string, cause: unknown): OptionError =>
  new OptionError({
    summary: `\`${option}\` is ${JSON.stringify(target)}, which cannot be written.`,
    expected: 'a file in a folder that can be written, with room for it',
    data: { option, value: target },
    cause,
  })
