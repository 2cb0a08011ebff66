// The hub's page: events as they come, a box to publish, the files. Whatever comes from the hub is
// put into the page as text, never as markup.
"use strict";

const most_shown = 200; // events in the list, and of the past when the page opens
const most_summary_chars = 240;
const most_summary_lines = 4;
const most_text_chars = 20000; // of one payload
const retry_ms = 2000;

const by_id = (id) => document.getElementById(id);

function make(tag, content, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...[content].flat());
  return element;
}

function tell(place, text) {
  place.textContent = text;
  place.hidden = text === "";
}

// What the hub says when it refuses, or what the network did.
async function answer_of(request) {
  const answer = await request;
  if (answer.ok) return answer;
  throw new Error((await answer.text()).trim() || `the hub answered ${answer.status}`);
}

function size_text(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  while (value >= 999.95 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value.toFixed(1)} ${units[0]}`;
}

function time_element(text) {
  const time = new Date(text);
  const is_today = time.toDateString() === new Date().toDateString();
  const shown = is_today ? time.toLocaleTimeString() : time.toLocaleString();
  return make("time", shown, { dateTime: text, title: time.toLocaleString() });
}

// Slashes inside a file's path stay, so that the address is readable.
const file_url = (path) => "files/" + path.split("/").map(encodeURIComponent).join("/");

// ---- events -------------------------------------------------------------------------------------

const stream = {
  source: null,
  filter: "#",
  last_id: null,
  opened: 0, // how often: what comes late from a stream that was left is not ours
  is_first: true,
};
let waiting = []; // oldest first; not in the list yet
let received = 0;
let is_paused = false;
let is_drawing = false;

function payload_text(event) {
  const text = event.payload;
  if (text.length <= most_text_chars) return text;
  return `${text.slice(0, most_text_chars)}\n… and ${text.length - most_text_chars} characters more`;
}

function payload_element(event) {
  if (event.file) {
    const { path, size, change } = event.file;
    if (change !== "stored") return make("p", `file ${change}`, { className: "told" });
    const link = make("a", "file stored", { href: file_url(path), download: "" });
    return make("p", [link, `, ${size_text(size)}`], { className: "told" });
  }
  if (event.encoding === "base64") {
    const padding = /=*$/.exec(event.payload)[0].length;
    const bytes = (event.payload.length / 4) * 3 - padding;
    return make("p", `${bytes} bytes, base64`, { className: "told" });
  }
  if (event.payload === "") return make("p", "empty", { className: "told" });
  const text = payload_text(event);
  const lines = text.split("\n", most_summary_lines + 1);
  const summary = lines.slice(0, most_summary_lines).join("\n").slice(0, most_summary_chars);
  if (summary === text) return make("pre", make("bdi", text));
  return make("details", [
    make("summary", make("bdi", `${summary} …`)),
    make("pre", make("bdi", text)),
  ]);
}

function event_element(event) {
  const head = make("p", [make("bdi", event.topic, { className: "topic" })], { className: "head" });
  if (event.retain) head.append(make("span", "retained", { className: "badge" }));
  head.append(time_element(event.time));
  return make("li", [head, payload_element(event)], { id: `event-${event.id}` });
}

function draw() {
  is_drawing = false;
  if (is_paused) return;
  const list = by_id("events");
  list.prepend(...waiting.map(event_element).reverse());
  waiting = [];
  while (list.childElementCount > most_shown) list.lastElementChild.remove();
  by_id("no-events").hidden = list.childElementCount > 0;
}

function tell_count() {
  const shown = received > most_shown ? `; the newest ${most_shown} are here` : "";
  const later = is_paused && waiting.length > 0
    ? `paused: ${waiting.length}${waiting.length === most_shown ? " or more" : ""} new`
    : is_paused ? "paused" : "";
  by_id("count").textContent =
    later || (received > 0 ? `${received} event${received === 1 ? "" : "s"}${shown}` : "");
}

// One drawing for all events of a frame: a thousand a second must not hold up the page. A hidden
// page draws nothing, and keeps no more than it will show.
function schedule_drawing() {
  if (waiting.length > 2 * most_shown) waiting = waiting.slice(-most_shown);
  if (is_drawing) return;
  is_drawing = true;
  requestAnimationFrame(() => {
    draw();
    tell_count();
  });
}

function clear_events() {
  waiting = [];
  received = 0;
  by_id("events").replaceChildren();
  by_id("no-events").hidden = false;
  tell(by_id("gap"), "");
  tell_count();
}

function on_event(message) {
  stream.last_id = message.lastEventId || stream.last_id;
  const event = JSON.parse(message.data);
  waiting.push(event);
  if (is_paused && waiting.length > most_shown) waiting.shift();
  received += 1;
  schedule_drawing();
  if (event.file) list_files_soon();
}

function on_gap() {
  tell(by_id("gap"), "Some events are missing below: while this page was not connected, the hub " +
    "removed them, because its history has a limit of age, number and size.");
}

function show_connection(state, text) {
  const place = by_id("connection");
  place.className = state;
  place.textContent = text;
}

// Where the stream begins: a screenful ago, and not before what the hub still has.
async function recent_id() {
  const metrics = await (await answer_of(fetch("metrics"))).text();
  const value = (name) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(metrics)?.[1] ?? 0);
  return Math.max(value("sockeye_pruned_up_to_id"), value("sockeye_last_event_id") - most_shown);
}

function open_again_later(mine) {
  show_connection("connecting", "reconnecting");
  setTimeout(() => {
    if (mine === stream.opened) open_stream();
  }, retry_ms);
}

// The browser reconnects by itself and says which event was the last; only when an answer told it
// to give up do we.
async function on_stream_error(source, mine) {
  show_connection("connecting", "reconnecting");
  if (source.readyState !== EventSource.CLOSED || mine !== stream.opened) return;
  try {
    await answer_of(fetch(`events?limit=1&topic=${encodeURIComponent(stream.filter)}`));
  } catch (problem) {
    if (mine !== stream.opened) return;
    if (!(problem instanceof TypeError)) {
      show_connection("failed", problem.message);
      return;
    }
  }
  open_again_later(mine);
}

async function open_stream() {
  const mine = ++stream.opened;
  stream.source?.close();
  try {
    stream.last_id ??= await recent_id();
  } catch {
    if (mine === stream.opened) open_again_later(mine);
    return;
  }
  if (mine !== stream.opened) return;
  const topic = encodeURIComponent(stream.filter);
  const source = new EventSource(`events?topic=${topic}&since=${stream.last_id}`);
  const guarded = (handler) => (message) => {
    if (mine === stream.opened) handler(message);
  };
  source.onopen = guarded(() => {
    show_connection("live", "live");
    list_files_soon(); // what changed meanwhile is no event of ours if the filter leaves it out
  });
  source.onerror = guarded(() => on_stream_error(source, mine));
  source.onmessage = guarded(on_event);
  source.addEventListener("gap", guarded(on_gap));
  stream.source = source;
}

by_id("filter-form").addEventListener("submit", (submit) => {
  submit.preventDefault();
  stream.filter = by_id("filter").value.trim() || "#";
  by_id("filter").value = stream.filter;
  stream.last_id = null;
  clear_events();
  show_connection("connecting", "connecting");
  open_stream();
});

by_id("pause").addEventListener("click", (click) => {
  is_paused = !is_paused;
  click.currentTarget.setAttribute("aria-pressed", String(is_paused));
  click.currentTarget.textContent = is_paused ? "Resume" : "Pause";
  schedule_drawing();
});

by_id("clear").addEventListener("click", clear_events);

// ---- publish ------------------------------------------------------------------------------------

// A slash inside the topic is written %2F: an address would lose `//`, `.` and `..`.
async function publish(topic, text, retain) {
  const answer = await answer_of(fetch("topics/" + encodeURIComponent(topic), {
    method: "POST",
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      ...(retain ? { "Sockeye-Retain": "true" } : {}),
    },
    body: text,
  }));
  return (await answer.json()).id;
}

by_id("publish-form").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const button = by_id("publish-button");
  const message = by_id("message");
  button.disabled = true;
  try {
    const id = await publish(by_id("topic").value, message.value, by_id("retain").checked);
    by_id("published").textContent = `Stored as event ${id}.`;
    message.value = "";
    message.focus();
  } catch (problem) {
    by_id("published").textContent = `Not published: ${problem.message}`;
  }
  button.disabled = false;
});

by_id("message").addEventListener("keydown", (key) => {
  if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) by_id("publish-form").requestSubmit();
});

// ---- files --------------------------------------------------------------------------------------

let folder = ""; // "" or "a/b/"
let names_here = new Set();
let listings = 0;
let listing_timer = null;

function tell_files_problem(text) {
  tell(by_id("files-problem"), text);
}

function enter_folder(path) {
  folder = path;
  list_files();
}

function folder_button(name, path) {
  return make("button", name, { type: "button", className: "link", onclick: () => enter_folder(path) });
}

function draw_folder() {
  const parts = folder.split("/").filter(Boolean);
  const crumbs = parts.map((name, i) => folder_button(`${name}/`, parts.slice(0, i + 1).join("/") + "/"));
  by_id("folder").replaceChildren(...(crumbs.length ? [folder_button("all files", ""), ...crumbs] : []));
}

async function remove_file(path) {
  if (!confirm(`Delete ${path}?`)) return;
  try {
    await answer_of(fetch(file_url(path), { method: "DELETE" }));
    tell_files_problem("");
  } catch (problem) {
    tell_files_problem(`${path} was not deleted: ${problem.message}`);
  }
  list_files();
}

function entry_element(entry) {
  const name = entry.path.slice(folder.length);
  if (entry.type === "directory") {
    return make("li", folder_button(`${name}/`, `${entry.path}/`));
  }
  const link = make("a", make("bdi", name), { href: file_url(entry.path), download: name });
  const remove = make("button", "Delete", { type: "button", onclick: () => remove_file(entry.path) });
  remove.setAttribute("aria-label", `Delete ${name}`);
  return make("li", [link, make("span", size_text(entry.size), { className: "size" }), remove]);
}

async function entries_of(directory) {
  const entries = [];
  let after = "";
  do {
    const url = file_url(directory) + (after ? `?after=${encodeURIComponent(after)}` : "");
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.status === 404) break; // its last file is gone
    const listing = await (await answer_of(answer)).json();
    entries.push(...listing.entries);
    after = listing.next ?? "";
  } while (after && entries.length < 10000);
  return entries;
}

async function list_files() {
  const mine = ++listings;
  try {
    const entries = await entries_of(folder);
    if (mine !== listings) return;
    names_here = new Set(entries.map((entry) => entry.path));
    by_id("file-list").replaceChildren(...entries.map(entry_element));
    by_id("no-files").hidden = entries.length > 0;
    draw_folder();
  } catch (problem) {
    if (mine === listings) tell_files_problem(`The files cannot be listed: ${problem.message}`);
  }
}

// Many files may change at once.
function list_files_soon() {
  listing_timer ??= setTimeout(() => {
    listing_timer = null;
    list_files();
  }, 100);
}

// XMLHttpRequest, because fetch does not tell how far an upload is.
function put(path, file, on_progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", file_url(path));
    request.upload.onprogress = on_progress;
    request.onerror = () => reject(new Error("the connection broke"));
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(new Error(request.responseText.trim() || `the hub answered ${request.status}`));
    };
    request.send(file);
  });
}

async function upload(file) {
  const path = folder + file.name;
  if (names_here.has(path) && !confirm(`Replace ${path}?`)) return;
  const progress = make("progress", [], { max: 1, value: 0 });
  progress.setAttribute("aria-label", `Upload of ${file.name}`);
  const row = make("li", [make("bdi", file.name), progress]);
  by_id("uploads").append(row);
  try {
    await put(path, file, (at) => { progress.value = at.total ? at.loaded / at.total : 1; });
    row.remove();
    tell_files_problem("");
  } catch (problem) {
    row.remove();
    tell_files_problem(`${path} was not uploaded: ${problem.message}`);
  }
  await list_files();
}

async function upload_all(files) {
  for (const file of [...files]) await upload(file);
}

by_id("pick").addEventListener("change", async (change) => {
  await upload_all(change.target.files);
  change.target.value = "";
});

// A file that misses the box must not take the place of the page.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (drag) => drag.preventDefault());
}
const files_section = by_id("files");
files_section.addEventListener("dragover", () => files_section.classList.add("dragging"));
files_section.addEventListener("dragleave", () => files_section.classList.remove("dragging"));
files_section.addEventListener("drop", (drop) => {
  files_section.classList.remove("dragging");
  upload_all(drop.dataTransfer.files);
});

by_id("hub-url").textContent = new URL(".", location.href).href;
open_stream();
list_files();
