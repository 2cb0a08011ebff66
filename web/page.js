"use strict";

const mostShown = 200;
const element = (id) => document.getElementById(id);

function encodePath(text) {
  return text.split("/").map(encodeURIComponent).join("/");
}

function show(event) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = event.time.slice(11, 19) + " ";
  const topic = document.createElement("strong");
  topic.textContent = event.topic + " ";
  const payload = document.createElement("span");
  payload.textContent = event.file
    ? `${event.file.change}, ${event.file.size} bytes`
    : event.encoding ? `${event.payload.length} base64 characters` : event.payload;
  item.append(time, topic, payload);
  const list = element("events");
  list.prepend(item);
  while (list.childElementCount > mostShown) list.lastElementChild.remove();
  if (event.file) listFiles();
}

async function listFiles() {
  const answer = await fetch("files/", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const listing = await answer.json();
  const items = listing.entries.map((entry) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const isDirectory = entry.type === "directory";
    link.href = "files/" + encodePath(entry.path) + (isDirectory ? "/" : "");
    link.textContent = entry.path + (isDirectory ? "/" : "");
    item.append(link, isDirectory ? "" : ` ${entry.size} bytes`);
    return item;
  });
  element("files").replaceChildren(...items);
}

element("publish").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const answer = await fetch("topics/" + encodePath(element("topic").value), {
    method: "POST",
    headers: { "Content-Type": "text/plain; charset=utf-8" },
    body: element("message").value,
  });
  const text = await answer.text();
  element("published").textContent = answer.ok ? "stored as " + JSON.parse(text).id : text;
  if (answer.ok) element("message").value = "";
});

element("upload").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const file = element("file").files[0];
  const answer = await fetch("files/" + encodePath(file.name), { method: "PUT", body: file });
  if (!answer.ok) alert(await answer.text());
  listFiles();
});

const live = new EventSource("events?topic=%23");
live.onopen = () => { element("state").textContent = "connected"; };
live.onerror = () => { element("state").textContent = "connecting again"; };
live.onmessage = (message) => show(JSON.parse(message.data));
live.addEventListener("gap", () => show({
  time: new Date().toISOString(), topic: "(gap)", payload: "older events are gone",
}));
listFiles();
