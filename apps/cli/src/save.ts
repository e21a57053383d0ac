import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { OptionError } from '@wengert/tape'

/**
 * Where a file is to be written: the file itself if the path leads there by links. Tries it by an empty file beside it, which
 * goes away again.
 *
 * @throws OptionError unless the folder is there and can be written, and the path is free or a file.
 */
export function placeFor(option: string, path: string): string {
  try {
    const target = targetOf(option, path)
    const part = partOf(target)
    writeFileSync(part, '', { flag: 'wx' })
    rmSync(part)
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

const partOf = (target: string): string => join(dirname(target), `.${basename(target)}.${process.pid}.part`)

const unwritable = (option: string, target: string, cause: unknown): OptionError =>
  new OptionError({
    summary: `\`${option}\` is ${JSON.stringify(target)}, which cannot be written.`,
    expected: 'a file in a folder that can be written, with room for it',
    data: { option, value: target },
    cause,
  })
