import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Program } from '@wengert/tape'

/** This file, or what it was built into together with the models. */
const built = fileURLToPath(import.meta.url)
const PLACE = /([^/\\]+):(\d+):(\d+)$/

/**
 * A program that was recorded with lines, with those of this command as they were before it was built, by the source map beside
 * it; others stay, and all do where there is no map.
 */
export function withSourceLines(program: Program): Program {
  const map = sourceMap()
  if (map === undefined) return program
  const lineOf = (at: string): string => {
    const [, file, line, column] = PLACE.exec(at) ?? []
    if (file === undefined || !built.endsWith(file)) return at
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
    if (!('originalSource' in entry)) return at
    return `${entry.originalSource.split('/').at(-1)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  }
  // instructions are plain data, and so are the programs in their parameters
  const lined = (part: unknown, key?: string): unknown => {
    if (key === 'at' && typeof part === 'string') return lineOf(part)
    if (Array.isArray(part)) return part.map(one => lined(one))
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, lined(one, key)]))
  }
  return { ...program, instructions: lined(program.instructions) as Program['instructions'] }
}

function sourceMap(): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${built}.map`, 'utf8')))
  } catch {
    return undefined
  }
}
