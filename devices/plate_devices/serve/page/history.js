// Searches past events, shows them page by page, and exports them.

import { $, ask, element, get, localTime, say } from "./shared.js";

const MOST_EXPORTED = 100000;
let keys = [""];      // of the pages up to the one that is shown
let following = "";   // key of the next page
let asked = 0;        // number of the last search; an earlier one that ends later is not shown

const percent = value => value === undefined || value === null ? "" : `${Math.round(100 * value)} %`;

// The parameters of a search, from the form; times in UTC.
function parameters() {
  const found = new URLSearchParams();
  const add = (name, value) => { if (value) found.set(name, value); };
  add("text", $("text").value.trim());
  if (found.has("text")) add("match", $("match").value);
  add("camera", $("camera").value);
  add("list", $("list").value);
  for (const name of ["since", "until"]) if ($(name).value) {
    // A minute that is named as the end is a part of it.
    const moment = new Date($(name).value).getTime() + (name === "until" ? 59999 : 0);
    add(name, new Date(moment).toISOString());
  }
  if ($("least").value) add("min_confidence", ($("least").value / 100).toFixed(2));
  if ($("most").value) add("max_confidence", ($("most").value / 100).toFixed(2));
  return found;
}

// Fills the form from the address of the page, which can be kept as a bookmark.
function fill() {
  const given = new URLSearchParams(location.search);
  for (const name of ["text", "match", "camera", "list"]) if (given.get(name)) $(name).value = given.get(name);
  for (const name of ["since", "until"]) if (given.get(name)) {
    const moment = new Date(given.get(name));
    if (isNaN(moment)) continue;
    $(name).value = new Date(moment.getTime() - 60000 * moment.getTimezoneOffset()).toISOString().slice(0, 16);
  }
  for (const [name, id] of [["min_confidence", "least"], ["max_confidence", "most"]])
    if (given.get(name)) $(id).value = Math.round(100 * given.get(name));
  // On a phone the vehicles come first; a filter that is used is seen.
  const used = [...$("filters").querySelectorAll("input, select")].some(one => one.value);
  $("filters").open = used || matchMedia("(min-width: 52rem)").matches;
}

async function search(after = "") {
  const number = ++asked;
  const wanted = parameters();
  history.replaceState(null, "", `history${wanted.size ? `?${wanted}` : ""}`);
  say("searching");
  if (after) wanted.set("after", after);
  try {
    const page = await get(`api/events?${wanted}`);
    if (number !== asked) return;
    following = page.next;
    show(page.events);
    say([page.note, page.complete ? "" : "the time of the search is over; press Older to continue"].filter(Boolean).join("; "));
  } catch (error) {
    if (number !== asked) return;
    following = "";
    show([]);
    say(error.message, true);
    $("none").hidden = true;
  }
  $("older").disabled = !following;
  $("newer").disabled = keys.length < 2;
  document.body.dataset.searched = number;
}

function show(events) {
  $("none").hidden = events.length > 0;
  $("found").replaceChildren(...events.map(event => element("li", "", "", line(event))));
}

function line(event) {
  const plate = event.plates?.[0] ?? {};
  const made = element("button");
  made.type = "button";
  const picture = event.pictures?.crop;
  const image = element(picture ? "img" : "span", "", picture ? "" : "empty");
  if (picture) Object.assign(image, { src: `pictures/${encodeURIComponent(picture)}`, alt: "", loading: "lazy" });
  const words = element("span");
  words.append(element("span", textOf(plate), plate.text ? "text" : "text hash"), " ", ...badges(event),
    element("span", [localTime(event.last_time), event.camera, percent(plate.confidence), event.direction]
      .filter(Boolean).join(", "), "more"));
  made.append(image, words);
  made.addEventListener("click", () => enlarge(event, plate));
  return made;
}

const textOf = plate => plate.text || plate.text_hash || "not stored";

const badges = event => (event.watchlists ?? []).map(one => {
  const name = one.plate_name ? `${one.name}: ${one.plate_name}` : one.name;
  return element("span", one.match === "fuzzy" ? `${name}?` : name, `badge ${["exact", "pattern"].includes(one.match) ? one.match : ""}`);
});

// Shows the frame of an event and what is known of it.
function enlarge(event, plate) {
  $("large-title").textContent = textOf(plate);
  const name = event.pictures?.frame ?? event.pictures?.crop;
  $("large-picture").hidden = !name;
  if (name) $("large-picture").src = `pictures/${encodeURIComponent(name)}`;
  $("large-picture").alt = `picture of ${textOf(plate)}`;
  const rows = [
    ["first seen", localTime(event.first_time) || seconds(event.first_seconds)],
    ["last seen", localTime(event.last_time) || seconds(event.last_seconds)],
    ["stay", event.stay_seconds === undefined || event.stay_seconds === null ? "" : `${event.stay_seconds} s`],
    ["direction", event.direction], ["camera", event.camera], ["confidence", percent(plate.confidence)],
    ["lists", (event.watchlists ?? []).map(one => one.name).join(", ")], ["region", plate.region],
    ["read in frames", event.frames_read], ["source", event.source], ["id", event.id],
  ].filter(([, value]) => value !== undefined && value !== null && value !== "");
  $("large-figures").replaceChildren(...rows.flatMap(([key, value]) => [element("dt", key), element("dd", String(value))]));
  $("large").showModal();
}

const seconds = value => value === undefined || value === null ? "" : `${value} s into the film`;

// Collects all pages of an export in the browser, and saves them as one file.
async function exportAs(kind) {
  const parts = [], wanted = parameters();
  let next = `api/events.${kind}?${wanted}`, count = 0;
  for (const name of ["csv", "jsonl"]) $(name).disabled = true;
  try {
    while (next && count < MOST_EXPORTED) {
      const answer = await ask(next);
      const text = await answer.text();
      parts.push(text);
      count += text.split("\n").length - 1;
      say(`${count} lines`);
      next = /<\/([^>]*)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
    }
    save(new Blob(parts), `events.${kind}`);
    say(next ? `the file has the newest ${count} lines; for all, see the documentation` : `${count} lines are saved`);
  } catch (error) {
    say(`the export failed: ${error.message}`, true);
  }
  for (const name of ["csv", "jsonl"]) $(name).disabled = false;
}

function save(blob, name) {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function options(select, names) {
  for (const name of names) {
    const made = element("option", name);
    made.value = name;
    select.append(made);
  }
}

$("form").addEventListener("submit", event => {
  event.preventDefault();
  keys = [""];
  search();
});
$("clear").addEventListener("click", () => {
  $("form").reset();
  keys = [""];
  search();
});
$("older").addEventListener("click", () => {
  keys.push(following);
  search(following);
});
$("newer").addEventListener("click", () => {
  keys.pop();
  search(keys.at(-1));
});
$("csv").addEventListener("click", () => exportAs("csv"));
$("jsonl").addEventListener("click", () => exportAs("jsonl"));
$("close").addEventListener("click", () => $("large").close());

try {
  const about = await get("api/history");
  options($("camera"), about.cameras);
  options($("list"), about.lists);
  if (about.privacy === "hash") $("match").value = "exact";
} catch (error) {
  say(error.message, true);
}
fill();
search();
