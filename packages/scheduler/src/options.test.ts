import { describe, expect, test } from 'vitest'
import { type SchedulerOptions, settingsOf } from './options.js'
import type { Platform } from './platform.js'

const platform = {
  cores: 8,
  sharesMemory: true,
  spawn: () => ({}),
  pause: async () => {},
} as unknown as Platform

describe('options of a scheduler', () => {
  test('have defaults', () => {
    expect(settingsOf({}, platform)).toMatchObject({
      workers: 8,
      budgetBytes: undefined,
      reduction: 'mean',
      arithmetic: 'fast',
      transport: 'shared',
      restarts: 3,
      turbo: false,
    })
    expect(settingsOf({}, { ...platform, sharesMemory: false }).transport).toBe('transfer')
    expect(settingsOf({ memory: '1 MiB' }, platform).budgetBytes).toBe(2 ** 20)
  })

  test('are those of the host', () => {
    const spawning = { spawn: () => {} } as SchedulerOptions
    expect(() => settingsOf(spawning, platform)).toThrow('createScheduler: there is no option `spawn`.')
    expect(() => settingsOf(spawning, { ...platform, optionNames: ['spawn'] })).not.toThrow()
    expect(() => settingsOf(null as never, platform)).toThrow('createScheduler: the options are null.')
  })

  test('that are misspelt are refused with those that there are for users', () => {
    const misspelt = { worker: 2 } as SchedulerOptions
    expect(() => settingsOf(misspelt, { ...platform, optionNames: ['spawn'] })).toThrow(
      /expected {2}\{ workers, memory, spill, reduction, arithmetic, deadlineMs, restarts, turbo, workerUrl \}\n.*\n.*write `workers`/,
    )
  })

  test('are refused with what is allowed', () => {
    const refused = [
      { workers: -1 },
      { workers: 1.5 },
      { workers: 257 },
      { workers: '2' },
      { memory: 'much' },
      { memory: 0 },
      { reduction: 'max' },
      { arithmetic: 'exact' },
      { deadlineMs: 0 },
      { deadlineMs: Number.NaN },
      { restarts: -1 },
      { turbo: 'yes' },
      { spill: '/tmp' },
      { spill: { directory: '/tmp', opfs: true } },
      { spill: { directory: '/tmp', bytes: 'much' } },
    ]
    const messages = refused.map(options => {
      try {
        return settingsOf(options as SchedulerOptions, platform)
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message.replace(/:\d+:\d+/, ':…')}`
      }
    })
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "OptionError: \`workers\` is -1.
        expected  a whole number from 0 to 256
        at        options.test.ts:…
        fix       leave it out for one worker a core, or pass 0 to compute in this thread
      OptionError: \`workers\` is 1.5.
        expected  a whole number from 0 to 256
        at        options.test.ts:…
        fix       leave it out for one worker a core, or pass 0 to compute in this thread
      OptionError: \`workers\` is 257.
        expected  a whole number from 0 to 256
        at        options.test.ts:…
        fix       leave it out for one worker a core, or pass 0 to compute in this thread
      OptionError: \`workers\` is '2'.
        expected  a whole number from 0 to 256
        at        options.test.ts:…
        fix       leave it out for one worker a core, or pass 0 to compute in this thread
      OptionError: \`memory\` is not a size in bytes: 'much'.
        expected  a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'
        at        options.test.ts:…
      OptionError: \`memory\` is not a size in bytes: 0.
        expected  a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'
        at        options.test.ts:…
        fix       leave \`memory\` out for its default
      OptionError: \`reduction\` is 'max'.
        expected  'mean' or 'sum'
        at        options.test.ts:…
      OptionError: \`arithmetic\` is 'exact'.
        expected  'fast' or 'portable'
        at        options.test.ts:…
      OptionError: \`deadlineMs\` is 0.
        expected  a positive number of milliseconds, or Infinity
        at        options.test.ts:…
      OptionError: \`deadlineMs\` is NaN.
        expected  a positive number of milliseconds, or Infinity
        at        options.test.ts:…
      OptionError: \`restarts\` is -1.
        expected  a whole number from 0 to 1000
        at        options.test.ts:…
      OptionError: \`turbo\` is 'yes'.
        expected  true or false
        at        options.test.ts:…
      OptionError: \`spill\` is '/tmp'.
        expected  { directory, bytes? }, or { opfs: true, bytes? } in a browser
        at        options.test.ts:…
      OptionError: \`spill\` is {"directory":"/tmp","opfs":true}.
        expected  { directory, bytes? }, or { opfs: true, bytes? } in a browser
        at        options.test.ts:…
      OptionError: \`spill.bytes\` is not a size in bytes: 'much'.
        expected  a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'
        at        options.test.ts:…"
    `)
  })
})
