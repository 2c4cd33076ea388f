// The steps of the newest picture: what was detected, read and dropped, and the likeliest cause.

import { $, ask, element } from "./shared.js";

const EVERY = 1000;

export class Steps {
  // `camera` returns the part of a request that names the camera, null while none is shown large.
  // `say` shows a sentence.
  constructor(camera, say) {
    this.camera = camera;
    this.say = say;
    this.shown = "";  // the camera of the steps that are shown
    this.after = 0;
    $("steps").addEventListener("click", () => this.turn($("explained").hidden));
    $("hold").addEventListener("click", () => this.hold($("hold").getAttribute("aria-pressed") !== "true"));
    setInterval(() => this.ask(), EVERY);
  }

  turn(on) {
    $("steps").setAttribute("aria-pressed", on);
    $("explained").hidden = !on;
    this.hold(false);
    this.clear();
    if (!on) return;
    $("explained").scrollIntoView({ block: "nearest" });
    this.ask();
  }

  hold(on) {
    this.held = on;
    $("hold").setAttribute("aria-pressed", on);
  }

  clear() {
    this.after = 0;
    $("cause").textContent = "waiting for the steps";
    $("explainedpicture").hidden = true;
    $("candidates").replaceChildren();
    $("overview").replaceChildren();
  }

  async ask() {
    const camera = this.camera();
    if ($("explained").hidden || this.held || this.asking || document.hidden || camera === null) return;
    if (camera !== this.shown) [this.shown] = [camera, this.clear()];
    this.asking = true;
    try {
      const answer = await ask(`steps?after=${this.after}&${camera}`);
      if (answer.status !== 204) this.take(camera, await answer.json());
    } catch (error) {
      if (error.status === 409) this.turn(false);
      this.after = 0;  // a device that started again counts from 1
      this.say(error.status === 409 ? `no steps: ${error.message}` : "no steps: no response from the device", true);
    } finally {
      this.asking = false;
    }
  }

  take(camera, steps) {
    if ($("explained").hidden || this.held || camera !== this.camera()) return;
    this.after = steps.number;
    const outcome = Object.fromEntries(steps.outcome);
    // A status is read out when its words change, so nothing is in it that changes with every picture.
    let cause = `${outcome.result} is read.`;
    if (outcome.cause) cause = `${sentence(outcome.cause)}. ${sentence(outcome.remedy)}.`;
    if (!steps.final) cause = "Looking for the cause.";
    if ($("cause").textContent !== cause) $("cause").textContent = cause;
    $("explainedpicture").src = steps.picture;
    $("explainedpicture").hidden = false;
    const count = steps.candidates.length;
    $("explainedpicture").alt = `the picture with ${count} possible ${count === 1 ? "plate" : "plates"}, numbered as below`;
    $("candidates").replaceChildren(...steps.candidates.map(candidate));
    $("overview").replaceChildren(...[...steps.overview, ["result", outcome.result]].flatMap(
      ([name, value]) => [element("dt", name), element("dd", value)]));
  }
}

function candidate(one, index) {
  const crop = element(one.picture ? "img" : "span");
  if (one.picture) Object.assign(crop, { src: one.picture, alt: `rectified crop of ${one.title}` });
  const words = element("div", "", "", element("span", one.title, "text"), element("span", one.verdict, "state"));
  words.append(...one.sentences.map(line => element("div", line, "more")));
  return element("li", "", one.state, element("span", String(index + 1), "number"), crop, words);
}

const sentence = text => text.charAt(0).toUpperCase() + text.slice(1);
