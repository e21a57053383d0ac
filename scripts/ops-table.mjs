// Writes docs/ops.md from the conformance cases and the declarations of the built packages.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { conformanceCases, opsDocument } from '@wengert/testkit'
import { faceExports } from '@wengert/testkit/examples'
import { root } from './workspace.mjs'

export const path = join(root, 'docs', 'ops.md')

/** The table of ops, generated anew. */
export function opsTable() {
  const table = join(root, 'packages/tape/dist/ops/table.ts')
  const declarations = faceExports(table, file => readFileSync(file.replace(/\.ts$/, '.d.ts'), 'utf8'))
  const texts = declarations.map(({ name, text, docs }) => ({ name, text, summary: docs[0]?.summary ?? '' }))
  return opsDocument(conformanceCases(), texts)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, opsTable())
