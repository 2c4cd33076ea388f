// Shows doubtful readings, and sends what a person says about them.

import { $, button, element, get, localTime, post, say, showAccess } from "./shared.js";

const UNCERTAIN = 0.95;
let next = null, corrections = 0, folder = "";

async function load() {
  try {
    const found = await get(`api/review${next ? `?after=${encodeURIComponent(next)}` : ""}`);
    showAccess(found);
    $("readings").append(...found.readings.map(card));
    [next, corrections, folder] = [found.next, found.corrections, found.folder];
    showKept();
    $("more").hidden = next === null;
    $("none").hidden = $("readings").children.length > 0;
  } catch (error) {
    say(error.message, true);
  }
}

function showKept() {
  $("kept").textContent = `${corrections} ${corrections === 1 ? "correction" : "corrections"} in ${folder}`;
}

function card(one) {
  const image = element("img");
  Object.assign(image, { src: `review-crops/${one.id}.jpg`, alt: `crop that was read as ${one.text}`, loading: "lazy" });
  const read = element("p", "", "text", ...one.characters.map(([text, confidence]) =>
    confidence < UNCERTAIN ? element("u", text) : text));
  const more = element("p", [`${Math.round(100 * one.confidence)} %`, one.camera, localTime(one.time)].filter(Boolean).join(", "), "faint");
  const input = element("input");
  Object.assign(input, { value: one.text, maxLength: 40, spellcheck: false, autocomplete: "off", required: true });
  input.setAttribute("aria-label", `text of the plate that was read as ${one.text}`);
  input.setAttribute("autocapitalize", "characters");
  const said = element("p", "", "said");
  said.setAttribute("role", "status");
  const save = element("button", "Confirm");
  save.type = "submit";
  save.setAttribute("aria-label", `Confirm ${one.text}`);
  const form = element("form", "", "writes", input, save, button("No plate", () => send("no_plate"), `${one.text} is no plate`));
  const undo = button("Undo", () => send("undo"), `Undo the correction of ${one.text}`);
  undo.hidden = true;
  const made = element("li", "", "", image, element("div", "", "", read, more,
    ...(one.refusal ? [element("p", one.refusal, "faint")] : [form]), said, undo));

  async function send(act) {
    try {
      const kept = await post("api/review", { id: one.id, do: act, text: input.value });
      const back = act === "undo";
      if (back) corrections -= 1;
      else if (!made.classList.contains("done")) corrections += 1;
      said.textContent = back ? "withdrawn" : kept.text ? `kept as ${kept.text}` : "kept as no plate";
      said.className = "said good";
      made.classList.toggle("done", !back);
      undo.hidden = back;
      showKept();
    } catch (error) {
      said.textContent = error.message;
      said.className = "said bad";
    }
  }

  input.addEventListener("input", () => {
    const same = input.value.replace(/[\s-]/g, "").toUpperCase() === one.text;
    save.textContent = same ? "Confirm" : "Correct";
    save.setAttribute("aria-label", `${same ? "Confirm" : "Correct"} ${one.text}`);
  });
  form.addEventListener("submit", event => {
    event.preventDefault();
    send(save.textContent === "Confirm" ? "confirm" : "correct");
  });
  return made;
}

$("more").addEventListener("click", load);
load();
