// Opens HTML files of a lecture in Chromium and fails, with one plain line for each fault, unless they can be read at every
// width, request nothing, have no error and no violation of accessibility.
//
//   node test.mjs report.html slides.html

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const WIDTHS = [320, 400, 600, 800, 935, 1200, 1920];
// A phone both ways up, a laptop, a projector.
const SCREENS = [[390, 844], [844, 390], [1280, 720], [1920, 1080]];
const SCHEMES = ['light', 'dark'];
// Milliseconds for a browser to start or a page to open, on a machine that does much else.
const TIMEOUT = 180_000;

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const faults = [];
let checks = 0;

/** Counts a check, and records a fault if it does not hold. */
function check(holds, fault) {
  checks += 1;
  if (!holds) faults.push(fault);
}

/** Every rule of axe on what is shown now. */
async function checkAccess(page, place) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  checks += 1;
  for (const { id, help, nodes } of violations) {
    faults.push(`${place}: ${id}: ${help}; ${nodes.length} times, first ${nodes[0].html.slice(0, 160)}`);
  }
}

/** The text column of a page at every width, and the whole page with all details open. */
async function checkPage(page, name, scheme) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const seen = await page.evaluate(() => {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const { clientWidth, scrollWidth } = document.documentElement;
      const texts = [...document.querySelectorAll('.layout > p')].map((p) => p.getBoundingClientRect().width);
      return { rem, clientWidth, scrollWidth, narrowest: Math.min(...texts), n: texts.length };
    });
    // The margin is 1.1 times the size of letters on both sides; a line longer than 40 times that is hard to read.
    const wanted = Math.min(width - 2.2 * seen.rem, 40 * seen.rem);
    check(seen.n > 0, `${name}: has no paragraph`);
    check(
      seen.narrowest >= wanted - 1,
      `${name}: at ${width} px the text is ${Math.round(seen.narrowest)} px wide; ${Math.round(wanted)} px are possible`,
    );
    check(
      seen.scrollWidth <= seen.clientWidth,
      `${name}: at ${width} px the page is ${seen.scrollWidth} px wide and scrolls sideways`,
    );
  }
  for (const width of [WIDTHS[0], 1200]) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await checkAccess(page, `${name}, ${scheme}, ${width} px`);
  }
}

/** The slide that is shown, or what is wrong. */
const shown = (page) => page.evaluate(() => {
  const visible = [...document.querySelectorAll('.slide')].filter((slide) => slide.getClientRects().length > 0);
  return { n: visible.length, id: Number(visible[0]?.id), address: location.hash };
});

/** Keys, swipes and addresses turn slides; every slide fits every screen. */
async function checkSlides(page, name, scheme) {
  const n = await page.locator('.slide').count();
  check(n > 1, `${name}: has ${n} slides`);
  const isAt = async (wanted, after) => {
    const { n: visible, id } = await shown(page);
    check(visible === 1 && id === wanted, `${name}: after ${after} ${visible} slides are shown, first ${id}; wanted ${wanted}`);
  };
  await isAt(1, 'opening');
  const keys = [['ArrowRight', 2], ['ArrowLeft', 1], ['ArrowLeft', 1], ['Space', 2], ['PageUp', 1], ['PageDown', 2], ['End', n],
    ['ArrowRight', n], ['Shift+Space', n - 1], ['Home', 1]];
  for (const [key, wanted] of keys) {
    await page.keyboard.press(key);
    await isAt(wanted, key);
  }
  const { width, height } = page.viewportSize();
  await page.mouse.click(width - 20, height / 2);
  await isAt(2, 'a click on the right edge');
  await page.mouse.click(20, height / 2);
  await isAt(1, 'a click on the left edge');
  for (let slide = 1; slide <= n; slide += 1) {
    await page.evaluate((to) => { location.hash = `#${to}`; }, slide);
    await page.waitForFunction((to) => document.getElementById(to).getClientRects().length > 0, String(slide));
    await isAt(slide, `the address #${slide}`);
    for (const [width, height] of SCREENS) {
      await page.setViewportSize({ width, height });
      const out = await page.evaluate(() => {
        const parts = '.slide.now h1, .slide.now .medium > *, .slide.now .foot';
        const beyond = [...document.querySelectorAll(parts)].filter((part) => {
          const box = part.getBoundingClientRect();
          return box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.height < 1;
        });
        return beyond.map((part) => part.tagName.toLowerCase());
      });
      check(out.length === 0, `${name}: slide ${slide} at ${width} × ${height} px has ${out} beyond the window`);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await checkAccess(page, `${name}, ${scheme}, slide ${slide}`);
  }
  await page.goto(`${page.url().split('#')[0]}#2`);
  await page.reload();
  await isAt(2, 'opening #2');
}

/** Without scripts all slides are there, one below another. */
async function checkWithoutScript(browser, url, name) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  await page.goto(url);
  const boxes = await Promise.all((await page.locator('.slide').all()).map((slide) => slide.boundingBox()));
  const stacked = boxes.every((box, k) => box && (k === 0 || box.y >= boxes[k - 1].y + boxes[k - 1].height - 1));
  check(stacked, `${name}: without scripts the slides do not stand one below another`);
  await context.close();
}

async function checkFile(browser, file) {
  const [name, url] = [basename(file), pathToFileURL(resolve(file)).href];
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    page.setDefaultTimeout(TIMEOUT);
    const requests = new Set();
    page.on('request', (request) => requests.add(request.url().split('#')[0]));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(`${name}: console: ${message.text()}`);
    });
    page.on('pageerror', (error) => faults.push(`${name}: script: ${error.message}`));
    await page.goto(url);
    const isDeck = await page.locator('.slide').count() > 0;
    await (isDeck ? checkSlides : checkPage)(page, name, colorScheme);
    const others = [...requests].filter((address) => address !== url && !address.startsWith('data:'));
    check(others.length === 0, `${name}: requests ${others.join(', ')}`);
    await context.close();
    if (isDeck && colorScheme === SCHEMES[0]) await checkWithoutScript(browser, url, name);
  }
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node test.mjs FILE.html...');
  process.exit(2);
}
const executablePath = process.env.PENSTROKE_CHROMIUM || '/usr/bin/chromium';
// Containers and root have no sandbox; the files are our own.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: TIMEOUT });
for (const file of files) {
  try {
    await checkFile(browser, file);
  } catch (error) {
    faults.push(`${basename(file)}: ${error.message.split('\n')[0]}`);
  }
}
const version = browser.version();
await browser.close();
for (const fault of new Set(faults.filter(Boolean))) console.error(`browser: ${fault}`);
console.log(`${checks} checks of ${files.map((file) => basename(file)).join(' and ')} in Chromium ${version}`);
process.exit(faults.length === 0 ? 0 : 1);
