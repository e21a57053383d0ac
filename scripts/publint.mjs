// Packs every published package as the registry would receive it, then lints the tarball and its types.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { pnpm, root, tool } from './workspace.mjs'

const manifests = readdirSync(join(root, 'packages')).map(folder =>
  JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')),
)
const published = manifests.filter(manifest => !manifest.private)

const folder = mkdtempSync(join(tmpdir(), 'wengert-'))
let failures = 0

try {
  const filters = published.map(({ name }) => `--filter=${name}`)
  failures += (await pnpm([...filters, 'pack', '--pack-destination', folder], { quiet: true })) === 0 ? 0 : 1
  const tarballs = readdirSync(folder).filter(file => file.endsWith('.tgz'))
  if (tarballs.length !== published.length) failures++
  const counts = await Promise.all(tarballs.map(tarball => lint(join(folder, tarball))))
  failures += counts.reduce((sum, count) => sum + count, 0)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

process.exitCode = failures > 0 ? 1 : 0

async function lint(tarball) {
  const bytes = readFileSync(tarball)
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true })
  for (const message of messages) console.error(`${pkg?.name}: ${formatMessage(message, pkg)}`)
  if (JSON.stringify(pkg).includes('@wengert/source')) {
    console.error(`${pkg.name}: the tarball still has the condition @wengert/source`)
    return messages.length + 1
  }
  const types = await tool('attw', [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'], {
    quiet: true,
  })
  return messages.length + types
}
