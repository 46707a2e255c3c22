// Shows one slide at a time: arrow keys, space, page up and down, home and end, swipes, taps on the edges.
// The number after # in the address is the slide's. Without this script all slides stand one below another.
const slides = [...document.querySelectorAll('.slide')];
let at = -1;

function open(index) {
  const to = Math.min(Math.max(index, 0), slides.length - 1);
  if (to === at) return;
  slides[at]?.classList.remove('now');
  slides[to].classList.add('now');
  // Screen readers read the slide that has the focus.
  if (at >= 0) slides[to].focus({ preventScroll: true });
  at = to;
  scrollTo(0, 0);
  if (location.hash !== `#${to + 1}` && (to > 0 || location.hash)) location.replace(`#${to + 1}`);
}

const follow = () => open((parseInt(location.hash.slice(1), 10) || 1) - 1);
document.documentElement.classList.add('live');
addEventListener('hashchange', follow);
follow();

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const to = {
    ArrowRight: at + 1, PageDown: at + 1, ' ': event.shiftKey ? at - 1 : at + 1,
    ArrowLeft: at - 1, PageUp: at - 1, Home: 0, End: slides.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  open(to);
});

addEventListener('click', (event) => {
  if (event.target.closest('a') || String(getSelection())) return;
  if (event.clientX > innerWidth * 0.85) open(at + 1);
  if (event.clientX < innerWidth * 0.15) open(at - 1);
});

let start = null;
addEventListener('touchstart', ({ touches }) => { start = touches.length === 1 ? touches[0] : null; }, { passive: true });
addEventListener('touchend', ({ changedTouches: [end] }) => {
  if (!start) return;
  const [x, y] = [end.clientX - start.clientX, end.clientY - start.clientY];
  // A swipe is long and level; anything else scrolls or zooms.
  if (Math.abs(x) > 45 && Math.abs(x) > 1.5 * Math.abs(y)) open(x < 0 ? at + 1 : at - 1);
  start = null;
}, { passive: true });
