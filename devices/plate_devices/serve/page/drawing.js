// The picture with corners and texts of plates, and the ROI that is drawn with mouse or finger.

const MARK = "#58b0ff", OUTLINE = "#ff5a36", SHADE = "rgba(8, 12, 18, .42)";
const LEAST = 16;

export class Picture {
  // `drawn` is called with [x, y, width, height] in pixels of the frame.
  constructor(canvas, drawn) {
    this.canvas = canvas;
    this.drawn = drawn;
    this.bitmap = null;
    this.overlay = null;
    this.from = this.to = null;
    this.drawing = false;
    canvas.addEventListener("pointerdown", event => this.begin(event));
    canvas.addEventListener("pointermove", event => this.move(event));
    canvas.addEventListener("pointerup", event => this.end(event));
    canvas.addEventListener("pointercancel", () => this.forget());
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  show(bitmap, overlay) {
    this.bitmap?.close();
    this.bitmap = bitmap;
    this.overlay = overlay;
    this.paint();
  }

  allowDrawing(on) {
    this.drawing = on;
    this.canvas.classList.toggle("drawing", on);
    if (!on) this.forget();
  }

  forget() {
    this.from = this.to = null;
    this.paint();
  }

  begin(event) {
    if (!this.drawing || !this.overlay) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.to = this.place(event);
  }

  move(event) {
    if (!this.from) return;
    this.to = this.place(event);
    this.paint();
  }

  end(event) {
    if (!this.from) return;
    this.to = this.place(event);
    const roi = this.rectangle();
    this.forget();
    if (roi[2] >= LEAST && roi[3] >= LEAST) this.drawn(roi);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const clamp = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
    return [
      clamp((event.clientX - box.left) / box.width * this.overlay.width, this.overlay.width),
      clamp((event.clientY - box.top) / box.height * this.overlay.height, this.overlay.height),
    ];
  }

  rectangle() {
    const [x, y] = [0, 1].map(axis => Math.min(this.from[axis], this.to[axis]));
    return [x, y, Math.abs(this.from[0] - this.to[0]), Math.abs(this.from[1] - this.to[1])];
  }

  paint() {
    if (!this.bitmap || !this.overlay) return;
    const { canvas, overlay } = this;
    const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round(width * overlay.height / overlay.width));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    const scale = width / overlay.width;
    pen.drawImage(this.bitmap, 0, 0, width, height);
    if (overlay.roi) this.shade(pen, overlay.roi.map(value => value * scale));
    for (const plate of overlay.plates) this.plate(pen, plate, scale);
    if (this.from) {
      pen.setLineDash([6, 4]);
      this.frame(pen, this.rectangle().map(value => value * scale));
      pen.setLineDash([]);
    }
  }

  shade(pen, [x, y, width, height]) {
    pen.fillStyle = SHADE;
    pen.beginPath();
    pen.rect(0, 0, this.canvas.width, this.canvas.height);
    pen.rect(x, y, width, height);
    pen.fill("evenodd");
    this.frame(pen, [x, y, width, height]);
  }

  frame(pen, [x, y, width, height]) {
    pen.strokeStyle = MARK;
    pen.lineWidth = 2 * devicePixelRatio;
    pen.strokeRect(x, y, width, height);
  }

  plate(pen, plate, scale) {
    const corners = plate.corners.map(([x, y]) => [x * scale, y * scale]);
    pen.strokeStyle = pen.fillStyle = OUTLINE;
    pen.lineWidth = 2 * devicePixelRatio;
    pen.beginPath();
    corners.forEach(([x, y], number) => number ? pen.lineTo(x, y) : pen.moveTo(x, y));
    pen.closePath();
    pen.stroke();
    for (const [x, y] of corners) pen.fillRect(x - 3 * devicePixelRatio, y - 3 * devicePixelRatio,
      6 * devicePixelRatio, 6 * devicePixelRatio);
    if (plate.text) this.caption(pen, `${plate.text} ${Math.round(100 * plate.confidence)} %`, corners);
  }

  caption(pen, text, corners) {
    const size = 15 * devicePixelRatio, pad = 4 * devicePixelRatio;
    pen.font = `600 ${size}px ui-monospace, monospace`;
    const wide = pen.measureText(text).width + 2 * pad, high = size + 2 * pad;
    const top = Math.min(...corners.map(corner => corner[1])), bottom = Math.max(...corners.map(corner => corner[1]));
    const left = Math.min(Math.max(0, corners[0][0]), this.canvas.width - wide);
    const y = top >= high + pad ? top - high - pad : Math.min(bottom + pad, this.canvas.height - high);
    pen.fillStyle = "rgba(12, 14, 18, .85)";
    pen.fillRect(left, y, wide, high);
    pen.fillStyle = "#fff";
    pen.textBaseline = "top";
    pen.fillText(text, left + pad, y + pad);
  }
}
