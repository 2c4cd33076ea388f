// Asks the device for pictures and figures, one after the other, and shows them.

import { Picture } from "./drawing.js";
import { $, ask, element } from "./shared.js";
import { Steps } from "./steps.js";

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const picture = new Picture($("picture"), roi => draw(roi));
const tiles = new Map();  // the tile of each of several cameras
let best = 0, shownPassed = "";
let camera = null;  // the name of the camera that is shown large; null for the only one, or for all
let isGrid = false;

// The part of a request that names the camera.
const named = name => name === null ? "" : `camera=${encodeURIComponent(name)}`;

async function pictures() {
  let after = 0, shown = camera;
  for (;;) {
    if (document.hidden) { await pause(300); continue; }
    try {
      if (isGrid) { await smallPictures(); continue; }
      if (shown !== camera) [shown, after] = [camera, 0];
      const answer = await ask(`frame?after=${after}&${named(camera)}`);
      if (answer.status === 204 || shown !== camera || isGrid) continue;
      after = await show(answer, picture);
      $("waiting").hidden = true;
      document.body.dataset.frame = after;
    } catch {
      after = 0;  // a device that started again counts from 1
      await pause(1000);
    }
  }
}

// Asks for the picture of each camera in turn; one that sends none does not delay the others.
async function smallPictures() {
  for (const [name, tile] of tiles) {
    const answer = await ask(`frame?after=${tile.after}&small=1&${named(name)}`);
    if (answer.status !== 204) tile.after = await show(answer, tile.picture);
  }
  await pause(250);
}

// Shows a picture, and returns its number.
async function show(answer, where) {
  where.show(await createImageBitmap(await answer.blob()), JSON.parse(answer.headers.get("Plate-Edge-Frame")));
  return Number(answer.headers.get("Plate-Edge-Number"));
}

async function states() {
  for (;;) {
    if (!document.hidden) {
      try {
        const asked = camera;
        const state = await (await ask(`state?${named(asked)}`)).json();
        if (asked === camera) showState(state);
      } catch {
        connection("bad", "no response from the device");
      }
    }
    await pause(1000);
  }
}

function connection(level, text) {
  $("connection").className = level;
  $("connection").textContent = text;
  document.body.classList.toggle("lost", level === "bad");
}

function showState(state) {
  showAccess(state);
  showCameras(state.cameras ?? []);
  const health = isGrid ? state.health ?? {} : ofCamera(state);
  if (isGrid) {
    const lost = state.cameras.filter(trouble).length;
    connection(lost ? "bad" : "good", lost ? `${lost} of ${tiles.size} cameras without pictures` : `${tiles.size} cameras`);
    $("source").textContent = "";
    showFigures({ ...state, size: undefined, behind_ms: undefined, frames_per_second: health.frame_rate ?? 0,
      vehicles: health.vehicles }, health);
    showPassed(state.passed);
    return;
  }
  const problem = state.state || health.source_state || "";
  const waited = state.seconds_without_frame;
  if (problem) connection("bad", problem);
  else if (waited === null) connection("", "no picture yet");
  else if (waited > 3) connection("bad", `no picture for ${Math.round(waited)} s`);
  else connection("good", `live, ${state.frames_per_second.toFixed(1)} frames/s`);
  $("source").textContent = camera ?? state.source ?? health.source ?? "";
  showHints(state);
  showFigures(state, health);
  showRoi(state.roi);
  showPassed(state.passed);
}

// Disables what changes the device where this browser may only read.
function showAccess(state) {
  $("readonly").hidden = state.may_write;
  $("reason").textContent = state.read_only;
  $("draw").disabled = $("whole").disabled = !state.may_write;
}

// Returns the health of the program with the counters of the camera that is shown.
function ofCamera(state) {
  const own = (state.health?.cameras ?? []).find(one => one.name === state.camera);
  return { ...state.health, ...own };
}

// Returns what is wrong with a camera, "" while it sends pictures.
function trouble(one) {
  if (one.state) return one.state;
  if (one.seconds_without_frame === null) return "no picture yet";
  return one.seconds_without_frame > 3 ? `no picture for ${Math.round(one.seconds_without_frame)} s` : "";
}

// Shows several cameras as tiles, unless one of them is large.
function showCameras(cameras) {
  const names = cameras.map(one => one.name);
  for (const [name, tile] of tiles) {
    if (names.length > 1 && names.includes(name)) continue;
    tile.button.remove();
    tiles.delete(name);
  }
  if (camera !== null && !names.includes(camera)) choose(null);
  if (names.length > 1) for (const one of cameras) {
    if (!tiles.has(one.name)) tiles.set(one.name, makeTile(one.name));
    const tile = tiles.get(one.name), problem = trouble(one);
    tile.button.className = problem ? "lost" : "";
    tile.more.textContent = problem || `${one.frames_per_second.toFixed(1)} frames/s, ${one.vehicles} vehicles`;
  }
  isGrid = names.length > 1 && camera === null;
  $("grid").hidden = !isGrid;
  $("view").hidden = isGrid;
  $("aim").hidden = isGrid;
  $("all").hidden = names.length < 2 || camera === null;
}

function makeTile(name) {
  const button = element("button"), canvas = document.createElement("canvas"), more = element("span");
  button.type = "button";
  more.className = "more";
  const title = element("span", name);
  title.className = "name";
  button.append(canvas, title, more);
  button.addEventListener("click", () => { location.hash = named(name); });
  $("grid").append(button);
  return { button, more, picture: new Picture(canvas, () => {}), after: 0 };
}

// Shows a camera large, null for all of them.
function choose(name) {
  if (camera === name) return;
  camera = name;
  isGrid = name === null && tiles.size > 1;
  best = 0;
  say("");
  drawing(false);
  $("waiting").hidden = false;
}

function chooseByAddress() {
  const name = new URLSearchParams(location.hash.slice(1)).get("camera");
  choose(name);
}

function showHints(state) {
  $("hints").replaceChildren(...state.hints.map(hint => {
    const line = element("li", hint.text);
    line.className = hint.level;
    return line;
  }));
  if (state.sharpness === null) return;
  best = Math.max(best, state.sharpness);
  $("sharp").style.width = `${state.sharpness}%`;
  $("best").style.left = `calc(${best}% - 2px)`;
  $("sharpness").textContent = `${state.sharpness}, best ${best}`;
}

function describeAction(action) {
  const pin = action.active === null ? undefined : action.active ? "pin active" : "pin inactive";
  const kind = action.dry_run ? "dry run" : action.simulated ? "simulated" : undefined;
  const counts = `${action.done} done, ${action.failed} failed`;
  return [kind, pin, counts, action.last_error || action.last].filter(Boolean).join(", ");
}

function showFigures(state, health) {
  const rows = [
    ["picture", state.size && `${state.size[0]} × ${state.size[1]}`],
    ["frames", `${state.frames_per_second.toFixed(1)} a second`],
    ["dropped", health.frames_dropped ?? state.dropped],
    ["nothing new", health.frames_skipped ?? state.skipped],
    ["behind", state.behind_ms === undefined || state.behind_ms === null ? undefined : `${state.behind_ms} ms`],
    ["vehicles", state.vehicles],
    ["temperature", health.temperature && `${Math.round(health.temperature)} °C`],
    ["heat limit", health.frame_limit && `${health.frame_limit} frames a second`],
    ["reads with", health.engine || undefined],
    ...(health.outputs ?? []).map(output => [output.name, output.last_error
      ? `${output.waiting} waiting: ${output.last_error}` : `${output.delivered} delivered, ${output.waiting} waiting`]),
    ...(health.actions ?? []).map(action => [action.name, describeAction(action)]),
  ].filter(([, value]) => value !== undefined && value !== null && value !== "");
  $("figures").replaceChildren(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
}

function showRoi(roi) {
  $("roi").textContent = roi ? `--roi ${roi.join(",")}` : "";
  $("copy").hidden = !roi || !navigator.clipboard;
}

function showPassed(passed) {
  $("none").hidden = passed.length > 0;
  const key = `${camera} ${passed.map(one => one.id).join()}`;
  if (key === shownPassed) return;
  shownPassed = key;
  $("passed").replaceChildren(...passed.map(one => {
    const line = document.createElement("li");
    const image = element(one.picture ? "img" : "span");
    if (one.picture) Object.assign(image, { src: `crops/${one.id}.jpg`, alt: "" });
    const words = document.createElement("div");
    const text = element("div", one.text || one.hash || "not stored");
    text.className = one.text ? "text" : "text hash";
    words.append(text, ...one.lists.map(list => {
      const name = list.plate_name ? `${list.name}: ${list.plate_name}` : list.name;
      const badge = element("span", list.match === "fuzzy" ? `${name}?` : name);
      badge.className = `list ${list.match}`;
      return badge;
    }));
    const when = one.time ? new Date(one.time).toLocaleTimeString() : "";
    const confidence = one.confidence === undefined || one.confidence === null ? "" : `${Math.round(100 * one.confidence)} %`;
    const more = element("span", [isGrid && one.camera, confidence, when].filter(Boolean).join(", "));
    more.className = "more";
    words.append(more);
    line.append(image, words);
    return line;
  }));
}

async function draw(roi) {
  drawing(false);
  try {
    const answer = await (await ask(`roi?${named(camera)}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ roi }),
    })).json();
    showRoi(answer.roi);
    if (answer.problem) say(`read from now on, but not saved: ${answer.problem}`, true);
    else if (answer.kept) say("read from now on, and after a restart");
    else say(answer.roi ? "read from now on; after a restart only with this option, or [source] roi" : "the whole picture is read");
  } catch (error) {
    say(`the ROI was refused: ${error.message}`, true);
  }
}

function say(text, bad = false) {
  $("message").textContent = text;
  $("message").className = bad ? "bad" : "";
}

function drawing(on) {
  $("draw").setAttribute("aria-pressed", on);
  picture.allowDrawing(on);
  if (on) say("drag a rectangle around the place where plates pass");
}

$("draw").addEventListener("click", () => drawing($("draw").getAttribute("aria-pressed") !== "true"));
$("whole").addEventListener("click", () => draw(null));
$("again").addEventListener("click", () => { best = 0; });
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("roi").textContent);
  say("copied");
});

$("all").addEventListener("click", () => { location.hash = ""; });
addEventListener("hashchange", chooseByAddress);
chooseByAddress();

new Steps(() => isGrid ? null : named(camera), say);
pictures();
states();
