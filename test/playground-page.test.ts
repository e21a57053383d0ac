import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { chromiumPath } from './chromium.js'
import { isolation, openPlayground, options, trainIn } from './playground.js'

const phone = (width: number, height: number): BrowserContextOptions => ({
  viewport: { width, height },
  isMobile: true,
  hasTouch: true,
})

/** Runs in the page: WCAG's contrast of a colour of each element to what lies below it. */
const contrasts = `(selector, property) => {
  const brightness = color => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(c => c / 255)
      .map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const below = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if (color !== 'rgba(0, 0, 0, 0)') return color
    }
    return 'rgb(255, 255, 255)'
  }
  const isText = property === 'color'
  return [...document.querySelectorAll(selector)].filter(element => !element.disabled).map(element => {
    const [a, b] = [getComputedStyle(element)[property], below(isText ? element : element.parentElement)]
      .map(brightness).sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  })
}`

/** The least contrast of what the page shows, of text and of the edges of fields. */
const leastContrasts = (page: Page): Promise<readonly [number, number]> =>
  page.evaluate(`(() => {
    const of = ${contrasts}
    return [
      Math.min(...of('h1, p, label, span, dt, dd, code, input, select, button', 'color')),
      Math.min(...of('input, select', 'borderTopColor')),
    ]
  })()`)

/** What a finger or an eye cannot take: fields and buttons of less than 44 px, small letters in fields, a page that is too wide. */
const unfit = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ['the page is too wide'] : []
    for (const element of document.querySelectorAll('input, select, button')) {
      const { height, right } = element.getBoundingClientRect()
      if (height < 44) found.push(element.outerHTML + ' is low')
      if (right > innerWidth) found.push(element.outerHTML + ' sticks out')
      if (parseFloat(getComputedStyle(element).fontSize) < 16) found.push(element.outerHTML + ' has small letters')
    }
    for (const element of document.querySelectorAll('p, dt, dd, label, code, select')) {
      if (element.scrollWidth > element.clientWidth + 1) found.push(element.outerHTML + ' does not fit')
    }
    return found
  })()`)

const small = { ...options, memory: '1', epochs: '1' }
const brief = { ...options, epochs: '1' }

describe.skipIf(chromiumPath === undefined)('the page of the playground', () => {
  const looks: readonly (readonly [string, BrowserContextOptions])[] = [
    ['390 × 844', phone(390, 844)],
    ['360 × 640', phone(360, 640)],
    ['320 × 568', phone(320, 568)],
    ['1280 × 800', { viewport: { width: 1280, height: 800 } }],
  ]
  test.each(looks)('fits %s, and tells next to each other that it failed and why', async (_, look) => {
    const { page } = await openPlayground({}, '', look)
    expect((await trainIn(page, small)).status).toBe('Failed.')
    expect(await unfit(page)).toEqual([])
    const [status, error] = [
      await page.locator('#status').boundingBox(),
      await page.getByRole('alert').boundingBox(),
    ]
    if (!status || !error) throw new Error('nothing is shown')
    expect(error.y - (status.y + status.height)).toBeLessThan(24)
    expect(status.y).toBeGreaterThanOrEqual(0)
    expect(error.y + error.height).toBeLessThanOrEqual(look.viewport?.height ?? 0)
  })

  test.each(['light', 'dark'] as const)('can be read in %s', async colorScheme => {
    const { page } = await openPlayground(isolation, '', { ...phone(390, 844), colorScheme })
    await trainIn(page, small)
    const [text, edges] = await leastContrasts(page)
    expect(text).toBeGreaterThanOrEqual(4.5)
    expect(edges).toBeGreaterThanOrEqual(3)
  })

  test('its bars and its picture have names, and their values are text as well', async () => {
    const { page } = await openPlayground(isolation)
    await trainIn(page, brief)
    const steps = page.getByRole('progressbar', { name: 'Steps' })
    expect(await steps.evaluate(bar => (bar as HTMLProgressElement).value)).toBe(1)
    expect(await page.locator('#steps').textContent()).toBe('32 of 32')
    const peak = page.getByRole('meter', { name: 'Peak in the budget' })
    const share = await peak.evaluate(bar => (bar as HTMLMeterElement).value)
    expect(await page.locator('#share').textContent()).toBe(`${(100 * share).toFixed(0)} %`)
    expect(await page.getByRole('img', { name: /^Loss and test accuracy/ }).count()).toBe(1)
    expect(await page.title()).toBe('100 % · Wengert playground')
  })

  test('the keyboard starts and stops it, and is not lost on the way', async () => {
    const { page } = await openPlayground(isolation)
    await page.locator('[name=epochs]').fill('100')
    await page.keyboard.press('Enter')
    const focused = () => page.evaluate('document.activeElement.id')
    expect(await focused()).toBe('stop')
    await page.waitForFunction("document.querySelector('#loss').textContent !== '–'")
    await page.keyboard.press('Enter')
    await page.waitForFunction("document.querySelector('#status').textContent === 'Stopped.'")
    expect(await focused()).toBe('start')
    const order: unknown[] = []
    await page.locator('[name=model]').focus()
    for (let k = 0; k < 6; k++) {
      await page.keyboard.press('Tab')
      order.push(await page.evaluate('document.activeElement.name || document.activeElement.id'))
    }
    expect(order).toEqual(['workers', 'memory', 'epochs', 'batch', 'seed', 'start'])
  })

  test('digits that did not come are fetched again', async () => {
    let refused = 0
    const { page } = await openPlayground(isolation, page =>
      page.route('**/digits.bin', route =>
        refused++ === 0 ? route.fulfill({ status: 503 }) : route.continue(),
      ),
    )
    await page.getByRole('alert').waitFor()
    expect(await page.locator('#status').textContent()).toBe('Failed.')
    expect(await page.getByRole('alert').textContent()).toMatch(/^Error: The digits could not be loaded: 503/)
    const { status, error } = await trainIn(page, brief)
    expect([status, error]).toEqual(['Done.', ''])
  })

  test('workers that cannot be loaded are named', async () => {
    const { page } = await openPlayground(isolation, page =>
      page.route('**/worker.browser*', route => route.abort()),
    )
    const { status, error } = await trainIn(page, brief)
    expect(status).toBe('Failed.')
    expect(error).toMatch(/^LaneError: /)
  })

  test('a worker that dies, a page that is frozen or loaded again in between: the same bits', async () => {
    // A worker that is armed ends as soon as it has been sent a shard.
    const mortal = `globalThis.Worker = class extends Worker {
      postMessage(message, ...rest) {
        super.postMessage(message, ...rest)
        if (!globalThis.armed || message.path?.at(-1) !== 'run') return
        globalThis.armed = false
        this.terminate()
        setTimeout(() => this.dispatchEvent(new ErrorEvent('error', { message: 'gone' })))
      }
    }`
    const { page, errors } = await openPlayground(isolation, mortal)
    const begin = async () => {
      for (const [name, value] of Object.entries(options)) await page.locator(`[name=${name}]`).fill(value)
      await page.getByRole('button', { name: 'Train' }).click()
      await page.waitForFunction("document.querySelector('#loss').textContent !== '–'")
    }
    const end = async () => {
      await page.waitForFunction("/Done|Failed/.test(document.querySelector('#status').textContent)")
      const text = (id: string) => page.locator(`#${id}`).textContent()
      return { status: await text('status'), workers: await text('workers'), bits: await text('fingerprint') }
    }
    await begin()
    await page.reload()
    await begin()
    const whole = await end()
    expect(whole).toMatchObject({ status: 'Done.', workers: '2' })

    await begin()
    await page.evaluate('globalThis.armed = true')
    expect(await end()).toEqual({ ...whole, workers: '2, 1 shard run again' })

    await begin()
    const session = await page.context().newCDPSession(page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await new Promise(done => setTimeout(done, 1000))
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    expect(await end()).toEqual(whole)
    expect(errors).toEqual([])
  })
})
