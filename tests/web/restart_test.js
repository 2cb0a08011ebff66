#!/usr/bin/env node
// The hub goes away and comes back: the page does too, and has every event once.
import assert from "node:assert/strict";
import { has_event, is_live, run_tests } from "./harness.js";

async function lost(page) {
  await page.locator("#connection.connecting").waitFor();
}

const texts = (page) => page.locator("#events li pre").allTextContents();

async function misses_nothing(hub, page, signal) {
  await hub.publish("a", "one");
  await has_event(page, "one");
  await hub.stop(signal);
  await lost(page);
  await hub.resume();
  await hub.publish("a", "two"); // before the page is back
  await is_live(page);
  await hub.publish("a", "three");
  await has_event(page, "three");
  assert.deepEqual(await texts(page), ["three", "two", "one"]);
  assert.equal(await page.locator("#gap").isVisible(), false);
  page.complaints.length = 0; // of the connection that broke
}

await run_tests({
  async an_orderly_restart({ hub, page }) {
    await misses_nothing(hub, page, "SIGTERM");
  },

  async a_killed_hub({ hub, page }) {
    await misses_nothing(hub, page, "SIGKILL");
  },

  async a_page_that_had_no_event_misses_none({ hub, page }) {
    await hub.stop();
    await lost(page);
    await hub.resume();
    await hub.publish("a", "the first of all");
    await has_event(page, "the first of all");
    page.complaints.length = 0;
  },

  async a_long_pause({ hub, page }) {
    await hub.stop();
    await lost(page);
    await page.waitForTimeout(8000); // several attempts fail
    await hub.resume();
    await hub.publish("a", "after the pause");
    await has_event(page, "after the pause");
    await is_live(page);
    page.complaints.length = 0;
  },

  // Another log begins at one again: what the page knows of is not there.
  async a_gap_is_told({ hub, page }) {
    for (let i = 0; i < 3; ++i) await hub.publish("a", `of the first log, ${i}`);
    await has_event(page, "of the first log, 2");
    await hub.stop();
    await lost(page);
    await hub.forget();
    await hub.resume();
    await hub.publish("a", "of the second log");
    await page.getByText("Some events are missing").waitFor();
    await has_event(page, "of the second log");
    page.complaints.length = 0;
  },
});
