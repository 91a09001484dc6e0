'use strict';
(() => {
  const root = document.documentElement;
  const buttons = document.querySelectorAll('input[name="language"]');
  const show = (language) => {
    for (const b of buttons) b.checked = b.value === language;
    root.lang = language;
  };
  for (const b of buttons) {
    b.addEventListener('change', () => {
      show(b.value);
      try {
        history.replaceState(null, '', '?lang=' + b.value + location.hash);
      } catch { /* some browsers don't let pages from a disk change their address */ }
    });
  }
  const asked = new URLSearchParams(location.search).get('lang');
  show(asked === 'zh' || asked === 'en' ? asked : navigator.language.startsWith('zh') ? 'zh' : 'en');

  if (window.echarts) {
    for (const plot of document.querySelectorAll('.plot[data-options]')) {
      const options = JSON.parse(document.getElementById(plot.dataset.options).textContent);
      plot.replaceChildren();
      const chart = echarts.init(plot, null, { renderer: 'svg' });
      chart.setOption(options);
      new ResizeObserver(() => chart.resize()).observe(plot);
    }
  }

  // On paper nobody can open what is folded.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open])')];
    for (const d of opened) d.open = true;
  });
  addEventListener('afterprint', () => {
    for (const d of opened) d.open = false;
  });
})();
