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
// What A4 has within margins of 17 and 18 mm, at 96 pixels an inch.
const PAPER = { width: 665, height: 986 };
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

/** The captions whose text is cut off or reaches beyond the window. */
const cutCaptions = (page) => page.evaluate(() => {
  const boxOf = (caption) => {
    const range = document.createRange();
    range.selectNodeContents(caption);
    return range.getBoundingClientRect();
  };
  const cut = [...document.querySelectorAll('figcaption, caption')].filter((caption) => {
    const text = boxOf(caption);
    if (text.width < 1 || text.height < 1) return true;
    if (text.left < -1 || text.right > document.documentElement.clientWidth + 1) return true;
    for (let around = caption; around && around !== document.body; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      const scrolls = [overflowX, overflowY].includes('auto');
      const clips = [overflowX, overflowY].some((value) => value === 'hidden' || value === 'clip');
      if (clips && !scrolls && (around.scrollWidth > around.clientWidth + 1 || around.scrollHeight > around.clientHeight + 1)) return true;
    }
    return false;
  });
  return { n: document.querySelectorAll('figcaption').length, cut: cut.map((caption) => caption.textContent.slice(0, 40)) };
});

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
    const { n, cut } = await cutCaptions(page);
    check(n > 0 && cut.length === 0, `${name}: at ${width} px ${cut.length} of ${n} captions are cut, first "${cut[0]}"`);
  }
  for (const width of [WIDTHS[0], 1200]) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await checkAccess(page, `${name}, ${scheme}, ${width} px`);
  }
  await checkPrint(page, name);
}

/** On paper no figure is parted from its caption: each stays whole, and is lower than a page. */
async function checkPrint(page, name) {
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize(PAPER);
  const figures = await page.evaluate(() => [...document.querySelectorAll('figure')].map((figure) => ({
    id: figure.id,
    stays: getComputedStyle(figure).breakInside,
    height: Math.round(figure.getBoundingClientRect().height),
    captions: figure.querySelectorAll('figcaption').length,
  })));
  check(figures.length > 0, `${name}: has no figure`);
  for (const { id, stays, height, captions } of figures) {
    check(captions === 1, `${name}, print: ${id} has ${captions} captions`);
    check(stays === 'avoid', `${name}, print: ${id} may break over two pages (break-inside: ${stays})`);
    check(height < PAPER.height, `${name}, print: ${id} is ${height} px high; a page has ${PAPER.height} px`);
  }
  const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
  check(pdf.subarray(0, 5).toString() === '%PDF-', `${name}: cannot be printed`);
  await page.emulateMedia({ media: 'screen' });
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

/** Swipes turn slides; what is short, steep or done with two fingers does not. */
async function checkSwipes(browser, url, name) {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  await page.goto(url);
  const client = await context.newCDPSession(page);
  const swipe = async (from, to, n = 1) => {
    const at = ([x, y]) => Array.from({ length: n }, (_, id) => ({ x, y: y + 60 * id, id }));
    await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) });
    await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(to) });
    await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  const [left, middle, right, down] = [[90, 400], [195, 400], [300, 400], [230, 700]];
  const swipes = [
    ['a swipe to the left', right, left, 1, 2], ['another', right, left, 1, 3], ['a swipe to the right', left, right, 1, 2],
    ['a short swipe', middle, [165, 400], 1, 2], ['a steep swipe', right, down, 1, 2], ['two fingers', right, left, 2, 2],
  ];
  for (const [words, from, to, fingers, wanted] of swipes) {
    await swipe(from, to, fingers);
    const { n: visible, id } = await shown(page);
    check(visible === 1 && id === wanted, `${name}: after ${words} ${visible} slides are shown, first ${id}; wanted ${wanted}`);
  }
  await context.close();
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
    if (isDeck && colorScheme === SCHEMES[0]) {
      await checkWithoutScript(browser, url, name);
      await checkSwipes(browser, url, name);
    }
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
