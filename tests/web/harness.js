// A hub and a page in headless Chromium for each test, and one line for what came of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const patience_ms = 20_000;
const root = fileURLToPath(new URL("../..", import.meta.url));
const program = path.resolve(root, process.env.SOCKEYE_BUILD ?? "build/release", "sockeye");
const browser_options = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
};

async function free_port() {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

// A hub of its own on a data directory of its own, which outlives a restart.
export class Hub {
  static async start() {
    const hub = new Hub();
    hub.folder = await mkdtemp(path.join(os.tmpdir(), "sockeye-page-"));
    hub.port = await free_port();
    hub.url = `http://127.0.0.1:${hub.port}/`;
    await hub.resume();
    return hub;
  }

  async resume() {
    const options = ["hub", "--listen", `127.0.0.1:${this.port}`, "--data", "data"];
    this.process = spawn(program, options, { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
    this.log = "";
    this.process.stderr.on("data", (text) => { this.log += text; });
    const deadline = Date.now() + patience_ms;
    for (;;) {
      assert.equal(this.process.exitCode, null, `the hub ended: ${this.log}`);
      const answer = await fetch(this.url + "health").catch(() => null);
      if (answer?.ok) return;
      assert.ok(Date.now() < deadline, "the hub does not listen");
      await sleep(20);
    }
  }

  async stop(signal = "SIGTERM") {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    const [code] = await Promise.race([ended, sleep(patience_ms, [`none ${signal}`], { ref: false })]);
    if (signal === "SIGTERM") assert.equal(code, 0, `the hub ended with ${code}: ${this.log}`);
  }

  // As a program would publish; the event's id.
  async publish(topic, body, headers = {}) {
    const answer = await fetch(`${this.url}topics/${topic}`, { method: "POST", body, headers });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).id;
  }

  // The next start begins with an empty log.
  async forget() {
    await rm(path.join(this.folder, "data"), { recursive: true });
  }

  async end() {
    this.process.kill("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }
}

// The page, live, with what it complained about.
export async function open_page(context, hub) {
  const page = await context.newPage();
  page.setDefaultTimeout(patience_ms);
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  await page.goto(hub.url);
  await is_live(page);
  return page;
}

export async function is_live(page) {
  await page.locator("#connection.live").waitFor();
}

export async function has_event(page, text) {
  await page.locator("#events li", { hasText: text }).first().waitFor();
}

// Waits until `condition` gives something true, and says what it was about when it does not.
export async function until(condition, what) {
  const deadline = Date.now() + patience_ms;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await sleep(30);
  }
}

async function run_test(browser, test) {
  const hub = await Hub.start();
  const context = await browser.newContext({ acceptDownloads: true });
  try {
    const page = await open_page(context, hub);
    await test({ hub, page, context });
    assert.deepEqual(page.complaints, [], "the page complained");
    await context.close();
    await hub.stop();
  } finally {
    await context.close();
    await hub.end();
  }
}

// Runs tests, an object of functions by name, one after the other.
export async function run_tests(tests) {
  const browser = await chromium.launch(browser_options);
  for (const [name, test] of Object.entries(tests)) {
    try {
      await run_test(browser, test);
      console.log(`ok ${name}`);
    } catch (problem) {
      console.log(`not ok ${name}: ${problem.message}`);
      process.exitCode = 1;
    }
  }
  await browser.close();
}
