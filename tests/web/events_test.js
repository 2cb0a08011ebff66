#!/usr/bin/env node
// The page's events: live, filtered, paused, bounded, and never taken for markup.
import assert from "node:assert/strict";
import { has_event, open_page, run_tests, until } from "./harness.js";

const shown = (page) => page.locator("#events li").count();
const texts = (page) => page.locator("#events li pre").allTextContents();

async function show_topics(page, filter) {
  await page.getByLabel("Topics").fill(filter);
  await page.getByRole("button", { name: "Show" }).click();
}

await run_tests({
  async page_keeps_to_its_policy({ page }) {
    const policy = (await page.request.get(page.url())).headers()["content-security-policy"];
    assert.match(policy, /default-src 'none'/);
    const inline = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.inline_ran = true";
      document.head.append(script);
      return window.inline_ran ?? false;
    });
    assert.equal(inline, false, "an inline script ran");
    assert.match(page.complaints.join(), /Content Security Policy/);
    page.complaints.length = 0;
  },

  async published_elsewhere_appears_live({ hub, page }) {
    const id = await hub.publish("home/kitchen", "it is warm");
    await has_event(page, "it is warm");
    const event = page.locator(`#event-${id}`);
    assert.equal(await event.locator(".topic").textContent(), "home/kitchen");
    assert.ok(Date.parse(await event.locator("time").getAttribute("datetime")) > 0);
  },

  async published_before_is_shown({ hub, page, context }) {
    await hub.publish("home/kitchen", "before the page");
    const later = await open_page(context, hub);
    await has_event(later, "before the page");
    assert.deepEqual(later.complaints, []);
    assert.equal(await shown(page), 1);
  },

  async publishing_from_the_page({ hub, page }) {
    await page.getByLabel("Topic", { exact: true }).fill("notes//a ../b?c&d");
    await page.getByLabel("Message").fill("two\nlines");
    await page.getByLabel("Retain").check();
    await page.getByRole("button", { name: "Publish" }).click();
    await has_event(page, "two\nlines");
    await page.getByText(/^Stored as event \d+\.$/).waitFor();
    await page.locator(".badge", { hasText: "retained" }).waitFor();
    const history = await (await fetch(`${hub.url}topics/%23`)).json();
    assert.equal(history.topic, "notes//a ../b?c&d");
    assert.equal(history.payload, "two\nlines");
    assert.equal(history.retain, true);
  },

  async a_refusal_is_told({ page }) {
    await page.getByLabel("Topic", { exact: true }).fill("no/+/wildcards");
    await page.getByLabel("Message").fill("kept");
    await page.getByLabel("Message").press("Control+Enter");
    await page.getByText(/^Not published: ./).waitFor();
    assert.equal(await page.getByLabel("Message").inputValue(), "kept");
    assert.match(page.complaints.join(), /400/);
    page.complaints.length = 0;
  },

  async markup_is_shown_as_text({ hub, page }) {
    const markup = "<img src=x onerror=\"window.ran = true\"><script>window.ran = true</script>";
    await hub.publish("a%3Cb%3Ebold", markup);
    await has_event(page, "<img src=x");
    assert.deepEqual(await texts(page), [markup]);
    assert.equal(await page.locator(".topic").textContent(), "a<b>bold");
    assert.equal(await page.locator("#events img, #events script, #events b").count(), 0);
    assert.equal(await page.evaluate(() => window.ran), undefined);
  },

  async binary_is_told_by_its_size({ hub, page }) {
    await hub.publish("blob", Uint8Array.of(0xff, 0xfe, 0x00, 0x80, 0x81));
    await has_event(page, "5 bytes, base64");
  },

  async long_text_is_folded_and_bounded({ hub, page }) {
    await hub.publish("long", "x".repeat(50_000) + "end");
    const event = page.locator("#events details");
    await event.waitFor();
    assert.equal(await event.locator("pre").isVisible(), false);
    await event.locator("summary").click();
    const text = await event.locator("pre").textContent();
    assert.match(text, /^x{20000}\n… and 30003 characters more$/);
  },

  async filter_shows_only_what_it_selects({ hub, page }) {
    await hub.publish("home/kitchen", "early in the kitchen");
    await hub.publish("garden/gate", "early at the gate");
    await has_event(page, "early at the gate");
    await show_topics(page, "home/#");
    await has_event(page, "early in the kitchen");
    await hub.publish("garden/gate", "late at the gate");
    await hub.publish("home/hall", "late in the hall");
    await has_event(page, "late in the hall");
    assert.deepEqual(await texts(page), ["late in the hall", "early in the kitchen"]);
    await show_topics(page, "");
    await has_event(page, "late at the gate");
    assert.equal(await shown(page), 4);
  },

  async a_wrong_filter_is_told({ hub, page }) {
    await show_topics(page, "home/#/no");
    await page.locator("#connection.failed").waitFor();
    assert.match(page.complaints.join(), /400/);
    page.complaints.length = 0;
    await show_topics(page, "home/+");
    await page.locator("#connection.live").waitFor();
    await hub.publish("home/hall", "well again");
    await has_event(page, "well again");
  },

  async pause_holds_and_resume_shows({ hub, page }) {
    await page.getByRole("button", { name: "Pause" }).click();
    for (let i = 0; i < 250; ++i) await hub.publish("counts", `number ${i}`);
    await page.getByText("paused: 200 or more new").waitFor();
    assert.equal(await shown(page), 0);
    await page.getByRole("button", { name: "Resume" }).click();
    await has_event(page, "number 249");
    assert.equal(await shown(page), 200);
    assert.equal((await texts(page)).at(-1), "number 50");
  },

  async many_quick_events_do_not_freeze_the_page({ hub, page }) {
    const count = 2000;
    await page.evaluate(() => {
      window.longest_ms = 0;
      let last = performance.now();
      setInterval(() => {
        window.longest_ms = Math.max(window.longest_ms, performance.now() - last);
        last = performance.now();
      }, 10);
    });
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      for (let i = writer; i < count; i += 20) await hub.publish("quick", `event ${i}`);
    });
    await Promise.all(writers);
    await until(async () => (await page.locator("#count").textContent()).startsWith(`${count} events`),
      "all events are counted");
    assert.equal(await shown(page), 200);
    const ids = await page.locator("#events li").evaluateAll((all) => all.map((each) => Number(each.id.slice(6))));
    assert.deepEqual(ids, [...ids].sort((a, b) => b - a), "not the newest first");
    assert.equal(ids[0] - ids.at(-1), 199, "the list has holes");
    const longest_ms = await page.evaluate(() => window.longest_ms);
    assert.ok(longest_ms < 2000, `the page stood still for ${Math.round(longest_ms)} ms`);
  },
});
