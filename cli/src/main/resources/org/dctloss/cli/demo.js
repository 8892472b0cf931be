// The detail: one place for all pictures, moved by mouse, finger, arrow keys, or the address: #blur@264,40
(() => {
  const section = document.querySelector('.closer');
  const details = [...section.querySelectorAll('svg.detail')];
  const lenses = [...section.querySelectorAll('.lens')];
  const grips = [...section.querySelectorAll('.grip')];
  const tabs = [...section.querySelectorAll('.tabs input')];
  const pictures = [...section.querySelectorAll('svg.picture')];
  const [width, height] = [pictures[0].viewBox.baseVal.width, pictures[0].viewBox.baseVal.height];
  let {x, y, width: w, height: h} = details[0].viewBox.baseVal;
  const margin = -grips[0].x.baseVal.value + x;

  function show(toX, toY) {
    x = Math.round(Math.min(width - w, Math.max(0, toX)));
    y = Math.round(Math.min(height - h, Math.max(0, toY)));
    details.forEach(detail => detail.setAttribute('viewBox', `${x} ${y} ${w} ${h}`));
    lenses.forEach(lens => place(lens, x, y));
    grips.forEach(grip => place(grip, x - margin, y - margin));
  }
  function place(rectangle, atX, atY) {
    rectangle.setAttribute('x', atX);
    rectangle.setAttribute('y', atY);
  }
  function remember() {
    const chosen = tabs.find(tab => tab.checked).value;
    try {
      history.replaceState(null, '', `#${chosen}@${x},${y}`);
    } catch (refused) {
      // Some browsers refuse it for pages from files; the page works without.
    }
  }
  function recall() {
    const found = /^#([a-z]+)(?:@(\d+),(\d+))?$/.exec(location.hash);
    const tab = found && tabs.find(one => one.value === found[1]);
    if (tab) {
      tab.checked = true;
      if (found[2]) {
        show(Number(found[2]), Number(found[3]));
      }
      section.scrollIntoView();
    }
  }

  // A picture is pulled about by its frame or anywhere; a detail is pushed like a map.
  function drag(event, start, direction) {
    const svg = event.currentTarget;
    const unit = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
    const from = {pointerX: event.clientX, pointerY: event.clientY, x: start.x, y: start.y};
    show(from.x, from.y);
    svg.setPointerCapture(event.pointerId);
    document.body.classList.add('moving');
    const move = moved => show(
      from.x + direction * unit * (moved.clientX - from.pointerX),
      from.y + direction * unit * (moved.clientY - from.pointerY));
    const end = () => {
      svg.removeEventListener('pointermove', move);
      document.body.classList.remove('moving');
      remember();
    };
    svg.addEventListener('pointermove', move);
    svg.addEventListener('lostpointercapture', end, {once: true});
  }
  function pointed(svg, event) {
    const box = svg.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) / box.width * width - w / 2,
      y: (event.clientY - box.top) / box.height * height - h / 2,
    };
  }
  for (const svg of pictures) {
    svg.addEventListener('pointerdown', event => {
      const onFrame = event.target.classList.contains('grip');
      if (event.button === 0 && (onFrame || event.pointerType !== 'touch')) { // a finger elsewhere scrolls the page
        drag(event, onFrame ? {x, y} : pointed(svg, event), 1);
        event.preventDefault();
      }
    });
    svg.addEventListener('click', event => {
      if (event.pointerType === 'touch' && !event.target.classList.contains('grip')) {
        const to = pointed(svg, event);
        show(to.x, to.y);
        remember();
      }
    });
  }
  for (const svg of details) {
    svg.addEventListener('pointerdown', event => {
      if (event.button === 0 && event.pointerType !== 'touch') {
        drag(event, {x, y}, -1);
        event.preventDefault();
      }
    });
  }
  for (const grip of grips) { // where touch-action of a part of a picture is not heeded
    grip.addEventListener('touchstart', event => event.preventDefault(), {passive: false});
  }

  const keys = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  for (const view of section.querySelectorAll('.view.first')) {
    view.tabIndex = 0;
    view.setAttribute('role', 'group');
    view.setAttribute('aria-label', 'The detail of all pictures: arrow keys move it, with Shift by one pixel');
    view.addEventListener('keydown', event => {
      const key = keys[event.key];
      if (key && !event.altKey && !event.ctrlKey && !event.metaKey) {
        const step = event.shiftKey ? 1 : 8;
        show(x + step * key[0], y + step * key[1]);
        remember();
        event.preventDefault();
      }
    });
  }

  tabs.forEach(tab => tab.addEventListener('change', remember));
  addEventListener('hashchange', recall);
  section.classList.add('movable');
  document.getElementById('hint').textContent = 'Drag a frame, or a strip, to move the detail in all pictures at once.';
  recall();
})();
