import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from './house/source.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wengert-'))
  mkdirSync(join(folder, 'node_modules/@wengert'), { recursive: true })
  for (const name of ['tape', 'scheduler']) {
    symlinkSync(join(root, 'packages', name), join(folder, 'node_modules/@wengert', name), 'junction')
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Bundles a program that takes a gradient with a worker, and a module of workers, and runs what came out. */
async function bundled(options: string): Promise<string> {
  writeFileSync(
    join(folder, 'main.js'),
    `import { createScheduler } from '@wengert/scheduler'
     import { tensor } from '@wengert/tape'
     const loss = (w, { x, y }) => x.mul(w).sub(y).square()
     const options = { workers: 1${options} }
     const scheduler = await createScheduler(loss, options).catch(error => console.log(error.message))
     const rows = { x: tensor([1, 2]), y: tensor([2, 6]) }
     if (scheduler) console.log((await scheduler.valueAndGrad(tensor(1), rows)).gradient.item())
     await scheduler?.close()`,
  )
  writeFileSync(join(folder, 'worker.js'), `import '@wengert/scheduler/worker'`)
  const { warnings } = await build({
    ...{ entryPoints: ['main.js', 'worker.js'], absWorkingDir: folder, outdir: 'out', bundle: true },
    ...{ format: 'esm', platform: 'node', outExtension: { '.js': '.mjs' }, logLevel: 'silent' },
  })
  expect(warnings).toEqual([])
  rmSync(join(folder, 'node_modules'), { recursive: true })
  return (await promisify(execFile)(process.execPath, ['out/main.mjs'], { cwd: folder })).stdout
}

test.each(['node', 'browser'] as const)('nothing of the workers is left out: %s', async platform => {
  const { warnings, outputFiles } = await build({
    stdin: { contents: `import '@wengert/scheduler/worker'`, resolveDir: folder },
    ...{ bundle: true, write: false, format: 'esm', platform, logLevel: 'silent' },
  })
  expect(warnings).toEqual([])
  expect(outputFiles[0]?.text).toMatch(/expose\)?\(createService\(/)
})

test('a bundle says where the module of its workers is', async () => {
  expect(await bundled(`, workerUrl: new URL('./worker.mjs', import.meta.url)`)).toBe('-9\n')
})

test('a bundle that does not is told to', async () => {
  const said = await bundled('')
  expect(said).toMatch(/^A worker threw: .*worker\.node\.js/)
  expect(said).toMatch(/fix .*bundle `@wengert\/scheduler\/worker` by itself.*`workerUrl`/)
})

test.each(['cjs', 'iife'] as const)(
  'a bundle that is no module (%s) differentiates, and tells what is wrong',
  async format => {
    writeFileSync(
      join(folder, 'main.js'),
      `import { grad, tensor } from '@wengert/tape'
     console.log(grad(x => x.square())(tensor(3)).item())
     try { grad(x => x.add(tensor([1, 2])))(tensor([1, 2, 3])) } catch (error) { console.log(error.name) }`,
    )
    await build({
      ...{ entryPoints: ['main.js'], absWorkingDir: folder, outfile: 'main.cjs', bundle: true, format },
      logLevel: 'error',
      // esbuild says that there is no address
      logOverride: { 'empty-import-meta': 'silent' },
    })
    rmSync(join(folder, 'node_modules'), { recursive: true })
    const { stdout } = await promisify(execFile)(process.execPath, ['main.cjs'], { cwd: folder })
    expect(stdout).toBe('6\nShapeError\n')
  },
)
