import { describe, expect, test } from 'vitest'
import { callerLocation, placeIn, rememberCaller } from './location.js'

const v8 = (...frames: readonly string[]) => ['Error', ...frames.map(frame => `    at ${frame}`)].join('\n')

describe('where the user called', () => {
  test.each<[string, string, string | undefined]>([
    [
      'in a function',
      v8('step (file:///home/me/model.ts:41:12)', 'main (/home/me/main.ts:1:1)'),
      'model.ts:41:12',
    ],
    ['in a module', v8('file:///home/me/model.ts:41:12'), 'model.ts:41:12'],
    ['on Windows', v8('step (file:///C:/me/model.ts:41:12)'), 'model.ts:41:12'],
    ['in a folder with brackets', v8('new A (/home/me (old)/(x)/model.ts:41:12)'), 'model.ts:41:12'],
    ['in a folder with an at sign', v8('step (http://localhost/@fs/me/model.ts:41:12)'), 'model.ts:41:12'],
    [
      'into packages that are installed',
      v8(
        'sum (file:///home/me/node_modules/@wengert/tape/dist/index.js:9:9)',
        'file:///home/me/node_modules/@wengert/nn/dist/index.js:9:9',
        'f (/home/me/node_modules/.pnpm/@wengert+nn@1.0.0/node_modules/@wengert/nn/dist/index.js:9:9)',
        'step (file:///home/me/node_modules/@me/models/model.js:41:12)',
      ),
      'model.js:41:12',
    ],
    [
      'in SpiderMonkey',
      'sum@http://a/node_modules/@wengert/tape/dist/index.js:9:9\nstep@http://a/@fs/model.ts:41:12\n@http://a/main.ts:1:1',
      'model.ts:41:12',
    ],
    ['in a module with a query', v8('step (http://a/model.ts?t=1/2:41:12)'), 'model.ts:41:12'],
    [
      'in code that has no file',
      v8('eval (eval at step (/me/a.ts:1:1), <anonymous>:1:2)', '/me/model.ts:41:12'),
      'model.ts:41:12',
    ],
    [
      'through the host',
      v8('Array.map (<anonymous>)', 'node:internal/x:1:2', '/me/model.ts:41:12'),
      'model.ts:41:12',
    ],
    [
      'in a later turn',
      v8('process.processTicksAndRejections (node:internal/x:1:2)', 'async /me/model.ts:41:12'),
      undefined,
    ],
    ['in a later turn of a browser', v8('async step (http://a/model.ts:41:12)'), undefined],
    ['in a later turn of SpiderMonkey', 'async*step@http://a/model.ts:41:12', undefined],
    ['nowhere', '', undefined],
  ])('%s', (_, stack, place) => expect(placeIn(stack)).toBe(place))

  test('now, and remembered', () => {
    const remembered = rememberCaller()
    const here = /^location\.test\.ts:\d+:\d+$/
    expect(callerLocation()).toMatch(here)
    expect(remembered()).toMatch(here)
    expect(remembered()).not.toBe(callerLocation())
  })
})
