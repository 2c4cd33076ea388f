// Asks the device for pictures and figures, one after the other, and shows them.

import { Picture } from "./drawing.js";

const $ = id => document.getElementById(id);
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const picture = new Picture($("picture"), roi => draw(roi));
let best = 0, shownPassed = "";

async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(15000), ...options });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `answer ${answer.status}`);
  return answer;
}

async function pictures() {
  let after = 0;
  for (;;) {
    if (document.hidden) { await pause(300); continue; }
    try {
      const answer = await ask(`frame?after=${after}`);
      if (answer.status === 204) continue;
      after = Number(answer.headers.get("Plate-Edge-Number"));
      picture.show(await createImageBitmap(await answer.blob()), JSON.parse(answer.headers.get("Plate-Edge-Frame")));
      $("waiting").hidden = true;
      document.body.dataset.frame = after;
    } catch {
      after = 0;  // a device that started again counts from 1
      await pause(1000);
    }
  }
}

async function states() {
  for (;;) {
    if (!document.hidden) {
      try {
        show(await (await ask("state")).json());
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

function show(state) {
  const health = state.health ?? {};
  const trouble = state.state || health.source_state || "";
  const waited = state.seconds_without_frame;
  if (trouble) connection("bad", trouble);
  else if (waited === null) connection("", "no picture yet");
  else if (waited > 3) connection("bad", `no picture for ${Math.round(waited)} s`);
  else connection("good", `live, ${state.frames_per_second.toFixed(1)} frames/s`);
  $("source").textContent = state.source ?? health.source ?? "";
  showHints(state);
  showFigures(state, health);
  showRoi(state.roi);
  showPassed(state.passed);
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
  ].filter(([, value]) => value !== undefined && value !== null && value !== "");
  $("figures").replaceChildren(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
}

function showRoi(roi) {
  $("roi").textContent = roi ? `--roi ${roi.join(",")}` : "";
  $("copy").hidden = !roi || !navigator.clipboard;
}

function showPassed(passed) {
  $("none").hidden = passed.length > 0;
  const key = passed.map(one => one.id).join();
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
    const more = element("span", [confidence, when].filter(Boolean).join(", "));
    more.className = "more";
    words.append(more);
    line.append(image, words);
    return line;
  }));
}

function element(kind, text = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

async function draw(roi) {
  drawing(false);
  try {
    const answer = await (await ask("roi", {
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

pictures();
states();
