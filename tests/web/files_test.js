#!/usr/bin/env node
// Files by way of the page: put in, listed, got back the same, removed.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { has_event, run_tests } from "./harness.js";

const pick = (page, ...files) => page.getByLabel("Upload files").setInputFiles(files);
const file = (name, buffer, mimeType = "application/octet-stream") => ({ name, buffer, mimeType });
const listed = (page, name) => page.locator("#file-list").getByRole("link", { name, exact: true });

async function download(page, name) {
  const waiting = page.waitForEvent("download");
  await listed(page, name).click();
  return readFile(await (await waiting).path());
}

await run_tests({
  async uploaded_listed_downloaded_deleted({ hub, page }) {
    const name = "a photo, 100% <b>.bin";
    const bytes = randomBytes(3_000_000);
    await page.getByText("There are no files here yet.").waitFor();
    await pick(page, file(name, bytes));
    await listed(page, name).waitFor();
    await page.getByText("3.0 MB", { exact: true }).waitFor();
    await has_event(page, "file stored, 3.0 MB");
    assert.ok(bytes.equals(await download(page, name)), "the file came back different");

    const questions = [];
    page.once("dialog", (dialog) => { questions.push(dialog.message()); dialog.dismiss(); });
    await page.getByRole("button", { name: `Delete ${name}` }).click();
    assert.deepEqual(questions, [`Delete ${name}?`]);
    assert.equal(await listed(page, name).count(), 1, "deleted without consent");

    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: `Delete ${name}` }).click();
    await page.getByText("There are no files here yet.").waitFor();
    await has_event(page, "file removed");
    const gone = await fetch(`${hub.url}files/${encodeURIComponent(name)}`);
    assert.equal(gone.status, 404);
  },

  async dropped_files_are_uploaded({ hub, page }) {
    const data = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      for (const name of ["one.txt", "two.txt"]) {
        transfer.items.add(new File([`this is ${name}`], name, { type: "text/plain" }));
      }
      return transfer;
    });
    await page.dispatchEvent("#upload", "drop", { dataTransfer: data });
    await listed(page, "one.txt").waitFor();
    await listed(page, "two.txt").waitFor();
    const back = await fetch(`${hub.url}files/two.txt`);
    assert.equal(await back.text(), "this is two.txt");
  },

  async folders_are_entered_and_left({ hub, page }) {
    await fetch(`${hub.url}files/a/b/deep.txt`, { method: "PUT", body: "deep" });
    await page.getByRole("button", { name: "a/", exact: true }).click();
    await page.locator("#file-list").getByRole("button", { name: "b/", exact: true }).click();
    await listed(page, "deep.txt").waitFor();
    await pick(page, file("beside.txt", Buffer.from("beside")));
    await listed(page, "beside.txt").waitFor();
    assert.equal(await (await fetch(`${hub.url}files/a/b/beside.txt`)).text(), "beside");
    await page.getByRole("button", { name: "all files" }).click();
    await page.locator("#file-list").getByRole("button", { name: "a/", exact: true }).waitFor();
  },

  async replacing_is_asked_for({ hub, page }) {
    await fetch(`${hub.url}files/note.txt`, { method: "PUT", body: "first" });
    await listed(page, "note.txt").waitFor();
    const refused = page.waitForEvent("dialog").then((dialog) => dialog.dismiss());
    await pick(page, file("note.txt", Buffer.from("second")));
    await refused;
    const accepted = page.waitForEvent("dialog").then((dialog) => dialog.accept());
    await pick(page, file("note.txt", Buffer.from("the third")));
    await accepted;
    await page.getByText("9 bytes", { exact: true }).waitFor();
    assert.equal(await (await fetch(`${hub.url}files/note.txt`)).text(), "the third");
  },

  async an_uploaded_page_does_not_run({ hub, page, context }) {
    const body = "<script>fetch('/topics/stolen', { method: 'POST', body: 'ran' })</script>";
    const headers = { "Content-Type": "text/html" };
    await fetch(`${hub.url}files/evil.html`, { method: "PUT", body, headers });
    const victim = await context.newPage();
    const outcome = await victim.goto(`${hub.url}files/evil.html`).catch(() => null);
    if (outcome) await victim.waitForTimeout(500);
    await hub.publish("done", "and nothing was stolen");
    await has_event(page, "and nothing was stolen");
    assert.equal(await (await fetch(`${hub.url}topics/stolen`)).text(), "");
  },
});
