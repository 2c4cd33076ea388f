// Shows watch lists, changes them, and previews what an entry would have matched.

import { $, button, element, get, localTime, post, say, showAccess } from "./shared.js";

const KINDS = {
  matches: "This entry would have matched",
  uncertain: "Only with fuzzy matching: one uncertain character differs",
  confusable: "Never: one character differs by one that is often confused with it",
};
let lists = [], version = "", editing = null, last = 0, changeable = true;

const chosen = () => lists.find(one => one.name === $("list").value) ?? lists[0];

async function start() {
  try {
    const state = await get("api/lists");
    lists = state.lists;
    showAccess(state);
    $("empty").hidden = lists.length > 0;
    $("all-of-it").hidden = lists.length === 0;
    if (!lists.length) return;
    $("list").replaceChildren(...lists.map(one => new Option(one.name, one.name)));
    $("choice").hidden = lists.length < 2;
    const named = new URLSearchParams(location.search).get("list");
    if (lists.some(one => one.name === named)) $("list").value = named;
    await load();
  } catch (error) {
    $("all-of-it").hidden = false;
    say(error.message, true);
  }
}

// Shows the entries of the chosen list from a line on.
async function load(after = 0) {
  const list = chosen(), search = $("search").value.trim();
  $("entries-title").textContent = `Plates of ${list.name}`;
  $("file").textContent = list.file;
  $("fuzzy").textContent = list.fuzzy ? ", matched also if one uncertain character differs (fuzzy)" : "";
  try {
    const found = await get(`api/list?list=${encodeURIComponent(list.name)}&after=${after}&text=${encodeURIComponent(search)}`);
    version = found.version;
    showProblem(found.problem);
    const rows = found.entries.map(row);
    if (after) $("entries").tBodies[0].append(...rows);
    else $("entries").tBodies[0].replaceChildren(...rows);
    last = found.entries.at(-1)?.line ?? after;
    $("more").hidden = !found.more;
    $("none").hidden = $("entries").tBodies[0].rows.length > 0;
    $("entries").hidden = !$("none").hidden;
  } catch (error) {
    $("entries").tBodies[0].replaceChildren();
    showProblem(error.message);
  }
}

function showProblem(problem) {
  $("problem").hidden = !problem;
  $("problem").textContent = problem;
  changeable = !problem;
  $("save").disabled = !changeable;
}

function row(entry) {
  const made = document.createElement("tr");
  const valid = element("td", period(entry));
  valid.dataset.title = "Valid";
  const name = element("td", entry.name), note = element("td", entry.note);
  name.dataset.title = "Name";
  note.dataset.title = "Note";
  const head = element("th", entry.plate, "text");
  head.scope = "row";
  const state = stateOf(entry);
  if (state) {
    made.className = "past";
    valid.append(" ", element("span", state, "badge"));
  }
  const act = element("td", "", "act writes");
  if (changeable) act.append(
    button("Change", () => edit(entry), `Change ${entry.plate}`),
    button("Delete", () => remove(entry), `Delete ${entry.plate}`));
  made.append(head, name, note, valid, act);
  return made;
}

const period = entry => [entry.from && `from ${entry.from}`, entry.to && `to ${entry.to}`].filter(Boolean).join(" ");

// Says whether an entry is valid today; the device decides by its own clock.
function stateOf(entry) {
  const whole = text => text.length === 10;
  const begin = entry.from && new Date(whole(entry.from) ? `${entry.from}T00:00` : entry.from.replace(" ", "T"));
  const end = entry.to && new Date(whole(entry.to) ? `${entry.to}T23:59:59` : entry.to.replace(" ", "T"));
  if (end && end < Date.now()) return "expired";
  return begin && begin > Date.now() ? "not yet" : "";
}

function typed() {
  const moment = name => {
    const [day, time] = [$(`${name}-day`).value, $(`${name}-time`).value];
    const old = editing?.[name] ?? "";
    if (`${day} ${time}` === shownMoment(old).join(" ")) return old;
    return day && time ? `${day} ${time}` : day;
  };
  return { plate: $("plate").value, name: $("name").value, note: $("note").value, from: moment("from"), to: moment("to") };
}

// Splits a moment into a day and a time.
function shownMoment(text) {
  return [text.slice(0, 10), text.slice(11, 16)];
}

function fill(entry) {
  for (const name of ["plate", "name", "note"]) $(name).value = entry?.[name] ?? "";
  for (const name of ["from", "to"]) [$(`${name}-day`).value, $(`${name}-time`).value] = shownMoment(entry?.[name] ?? "");
}

function edit(entry) {
  editing = entry;
  fill(entry);
  $("form-title").textContent = entry ? `Change ${entry.plate}` : "Add a plate";
  $("save").textContent = entry ? "Save" : "Add";
  $("cancel").hidden = !entry;
  $("preview").hidden = true;
  if (entry) $("plate").focus();
}

async function change(content, done) {
  try {
    await post("api/list", { list: chosen().name, version, ...content });
    edit(null);
    await load();
    say(done);
    return true;
  } catch (error) {
    say(error.message, true);
    if (error.status === 409) await load();
    return false;
  }
}

async function save(event) {
  event.preventDefault();
  const entry = typed();
  if (editing) await change({ do: "replace", line: editing.line, entry }, `${entry.plate} is saved`);
  else if (await change({ do: "add", entry }, `${entry.plate} is added`)) $("plate").focus();
}

async function remove(entry) {
  if (confirm(`Delete ${entry.plate} from the list?`)) await change({ do: "delete", line: entry.line }, `${entry.plate} is deleted`);
}

async function preview() {
  try {
    const found = await get(`api/list-preview?plate=${encodeURIComponent($("plate").value)}`);
    $("looked").textContent = `Similar readings of the past: ${found.looked_at}. The dates of the entry do not count here.`;
    $("kinds").replaceChildren(...Object.entries(KINDS).flatMap(([kind, title]) => [
      element("h3", title),
      found[kind].length ? readings(found[kind]) : element("p", "none", "faint"),
      ...(found.more.includes(kind) ? [element("p", `and more than ${found.most_shown}`, "faint")] : []),
    ]));
    $("preview").hidden = false;
    say("");
  } catch (error) {
    $("preview").hidden = true;
    say(error.message, true);
  }
}

function readings(found) {
  return element("ul", "", "readings", ...found.map(one =>
    element("li", "", "", element("span", one.text, "text"), element("span", ` ${localTime(one.time)}`, "faint"))));
}

let waiting = 0;
$("form").addEventListener("submit", save);
$("cancel").addEventListener("click", () => edit(null));
$("try").addEventListener("click", preview);
$("more").addEventListener("click", () => load(last));
$("list").addEventListener("change", () => { edit(null); load(); });
$("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(load, 250); });
start();
